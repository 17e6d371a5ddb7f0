"""Every byte latentkit keeps on disk or sends down a pipe.

    atomic     replace a file whole or not at all
    incoming   whatever can be read, as a regular file
    npy, npz   write .npz to any stream; read .npz from strangers
    schema     what an array of latents must look like
    latents    the value that travels between commands: read, written, streamed
    spool      rows that wait in temporary files until their number is known
    foreign    latents made elsewhere: bare .npz, .npy, CSV
    labels     `--labels CSV`
    tensors    weights and training state as safetensors
    run        the run directory
    history    history.jsonl

What is read is checked first and refused with a FormatError that names the file and the key. What is
written appears whole or not at all. Nothing here is ever unpickled or evaluated, and nothing prints.
"""
