// What several scripts of the page use: elements, text, numbers and bytes.
"use strict";

const $ = (id) => document.getElementById(id);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, text = "", className = "") =>
  Object.assign(document.createElement(tag), { textContent: text, className });

// Text for Plotly, which reads some markup in it.
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const number = (value) => Number(value.toPrecision(4)).toString();

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
