// The header's two ways to take the page along.
import { html } from "lit";
import { opens } from "../parts/popup.js";
import { words } from "../words.js";

/** @param {Pick<import("../model.js").Model, "act">} model */
export const carry = (model) =>
  html`${opens(model, "share", words.header.share)} ${opens(model, "export", words.header.export)}`;
