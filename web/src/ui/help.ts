// The help sheet: every key, made from the actions themselves.
import { keyName, type Action, type Actions } from "./actions.ts";
import { h, put } from "./dom.ts";

const HAND: [string, string][] = [
  ["Drag, arrows", "Move the view"],
  ["Right drag, Shift + arrows", "Turn and tilt"],
  ["Wheel, pinch, + −", "Nearer and farther"],
  ["Shift + click", "Choose several"],
];

export function mountHelp(actions: Actions, dialog: HTMLDialogElement): void {
  const groups = new Map<string, Action[]>();
  for (const action of Object.values<Action>(actions)) groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
  const entry = (key: string, text: string) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)];
  put(dialog, [
    h("form", { method: "dialog" }, h("h2", { id: "help-title" }, "Keys and hand"), h("button", { autofocus: true }, "Close")),
    h("dl", {}, ...HAND.flatMap(([key, text]) => entry(key, text))),
    ...[...groups].flatMap(([name, list]) => [
      h("h3", {}, name),
      h("dl", {}, ...list.flatMap((a) => entry(keyName(a), a.title)), ...(name === "View" ? entry("4 to 9", "One nation’s part in the exercise") : [])),
    ]),
  ]);
}
