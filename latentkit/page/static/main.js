/** The entry point: starts every part of the page. */

import { connectCard } from "./card.js";
import { data } from "./data.js";
import { byId, divById } from "./dom.js";
import { connectKeyboard } from "./keyboard.js";
import { connectLegend, showLegend } from "./legend.js";
import { connectPlot, repaint } from "./plot.js";
import { connectPointer } from "./pointer.js";
import { connectSearch } from "./search.js";
import { connectSelection } from "./selection.js";
import { connectTheme } from "./theme.js";
import { connectToolbar } from "./toolbar.js";

connectPlot();
connectCard();
connectLegend();
connectSearch();
connectSelection();
connectPointer();
connectKeyboard();
connectTheme(() => {
  showLegend();
  repaint();
});
connectToolbar();
byId("thumbnail-note", HTMLParagraphElement).textContent = data.note;
divById("plot").dataset.ready = "1";
