"""Read and write everything that latentkit stores on disk or sends down a pipe.

    atomic         replace a file completely or not at all
    regular_file   any readable source as a regular file
    sink           write all bytes to a stream that cannot seek
    npy, npz       write .npz to any stream; read .npz that may be malicious
    schema         the arrays of latents
    latents        the value that is passed between commands: read, write, stream
    projections    the projections among the arrays of latents
    stored         validate a stored model
    spool          rows in temporary files until their number is known
    foreign        latents made elsewhere: bare .npz, .npy, CSV
    labels         `--labels CSV`
    tensors        weights and training state as safetensors
    run            the run folder
    history        history.jsonl

Everything that is read is checked first; a FormatError names the file and the key. Everything that is
written appears completely or not at all. Nothing is ever unpickled or evaluated, and nothing prints.
"""
