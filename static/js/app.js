/* Every page's features; each works where its element is and rests elsewhere, and every page works without them.
   A submit goes through confirm, saving and drafts in this order: the first that holds it back has it. */
import "./theme.js";
import "./errors.js";
import "./digits.js";
import "./confirm.js";
import "./saving.js";
import "./drafts.js";
import "./opened.js";
import "./times.js";
