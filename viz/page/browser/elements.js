
// ---- elements of the page -----------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean>} Attributes */
/** @typedef {string | Element} Child  text is always text */

/**
 * Attributes and children for an element.
 * @template {Element} E
 * @param {E} element @param {Attributes} attributes @param {Child[]} children @returns {E}
 */
function furnish(element, attributes, children = []) {
  for (const [name, x] of Object.entries(attributes)) element.setAttribute(name, String(x));
  element.append(...children);
  return element;
}

/**
 * An element of HTML.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Attributes} attributes @param {Child[]} children
 */
const make = (tag, attributes = {}, ...children) =>
  furnish(document.createElement(tag), attributes, children);

/**
 * An element of SVG.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag @param {Attributes} attributes @param {Child[]} children
 */
const makeSvg = (tag, attributes = {}, ...children) =>
  furnish(document.createElementNS(SVG, tag), attributes, children);

/**
 * Set an attribute, or the text, only where it changes: most of a picture stays as it is.
 * @param {Element} element @param {string} name @param {string | number | boolean} x
 */
function put(element, name, x) {
  if (name === "text") {
    if (element.textContent !== x) element.textContent = String(x);
  } else if (element.getAttribute(name) !== String(x)) {
    element.setAttribute(name, String(x));
  }
}
