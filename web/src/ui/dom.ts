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
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  put(element, children);
  return element;
}

/** Replaces an element's children. */
export function put(element: Element, children: Child[]): void {
  element.replaceChildren(...children.filter((c): c is Node | string => c !== false && c !== undefined));
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
