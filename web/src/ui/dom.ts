// Making elements with little ado.

type Attributes = Record<string, string | boolean | ((event: Event) => void)>;
export type Child = Node | string | false | undefined;

/** An element; a function among the attributes listens to that event. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
      listening.add(element);
    } else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  put(element, children);
  return element;
}

/** An element of a drawing. */
export function svg(tag: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Elements that listen: what they do belongs to them. */
const listening = new WeakSet<Node>();

/**
 * Gives an element these children. Those that are there and alike are kept and changed: a press that began
 * on one also ends on it, and text that a person has marked stays marked, however often the picture changes.
 * Elements with one `data-key` are alike; one that listens is alike to no other unless it has a key.
 */
export function put(element: Element, children: Child[]): void {
  const wanted = children
    .filter((c): c is Node | string => c !== false && c !== undefined)
    .map((c) => (typeof c === "string" ? document.createTextNode(c) : c));
  // What goes, goes first, and what is in the way of its successor makes way: a node that is moved loses its press.
  const keys = new Set(wanted.map(keyOf));
  for (const old of [...element.childNodes]) if (keyOf(old) && !keys.has(keyOf(old))) old.remove();
  let at = element.firstChild;
  for (const fresh of wanted) {
    const kept = fresh.parentNode === element ? fresh : likeness(fresh, at, wanted);
    if (kept && kept !== fresh) become(kept, fresh);
    const child = kept ?? fresh;
    if (at && child === at.nextSibling) {
      element.append(at);
      at = child as ChildNode;
    }
    if (child === at) at = at.nextSibling;
    else element.insertBefore(child, at);
  }
  while (at) {
    const next: ChildNode | null = at.nextSibling;
    at.remove();
    at = next;
  }
}

const keyOf = (node: Node): string => (node instanceof HTMLElement ? (node.dataset["key"] ?? "") : "");

/** From `at` on the node that may become `fresh`: the one with its key, or without keys the very next. */
function likeness(fresh: Node, at: Node | null, wanted: Node[]): Node | undefined {
  const key = keyOf(fresh);
  if (!key && listening.has(fresh)) return undefined;
  for (let old = at; old; old = key ? old.nextSibling : null)
    if (old.nodeName === fresh.nodeName && keyOf(old) === key && (key || !listening.has(old)) && !wanted.includes(old))
      return old;
  return undefined;
}

function become(old: Node, fresh: Node): void {
  if (!(old instanceof HTMLElement) || !(fresh instanceof HTMLElement)) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) if (name !== "style" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  // The page's policy forbids style attributes; the style itself may be set.
  if (old.style.cssText !== fresh.style.cssText) old.style.cssText = fresh.style.cssText;
  put(old, [...fresh.childNodes]);
}

/** Writes text only where it differs: what did not change is not read out again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export const byId = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

/** Two columns of facts; those without a value are left out. */
export function facts(entries: [string, Child][]): HTMLElement {
  return h(
    "dl",
    { class: "facts" },
    ...entries.flatMap(([name, value]) => (value ? [h("dt", {}, name), h("dd", {}, value)] : [])),
  );
}

/** A square in a colour that only the script knows. */
export function patch(className: string, colour: string): HTMLElement {
  const element = h("i", { class: className, "aria-hidden": "true" });
  element.style.background = colour;
  return element;
}

/** A row of buttons of which one is chosen. */
export function segments(label: string, options: [string, string, string][], choose: (value: string) => void) {
  const buttons = options.map(([value, text, title]) =>
    h("button", { type: "button", role: "radio", "data-value": value, title, click: () => choose(value) }, text),
  );
  const element = h("div", { class: "segments", role: "radiogroup", "aria-label": label }, ...buttons);
  const mark = (value: string) => {
    for (const button of buttons)
      button.setAttribute("aria-checked", String(button.dataset["value"] === value));
  };
  return { element, mark };
}

/** Gives a file to the person. */
export function download(name: string, data: Blob): void {
  const link = h("a", { href: URL.createObjectURL(data), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
