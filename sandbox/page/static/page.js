// What HTML alone can't do: keep what is typed, confirm, type-ahead, keys, focus, scrolling. Everything else is htmx.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const topModal = () => document.querySelector(".modal[data-top]");

// -- what the browser owns survives updates: typed text, open menus, suggestion lists, a request under way

const OURS = "[data-client], [data-chosen-now], .boxes:has([data-chosen-now]) [type=radio]";
Idiomorph.defaults.callbacks.beforeNodeMorphed = (old) => !(old.nodeType === 1 && old.matches(OURS));
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) => {
  if (name === "value" && element.hasAttribute("data-own")) return false;
  if (name === "open" && element.hasAttribute("data-keep-open")) return false;
  if (name === "class" && element.classList.contains("htmx-request")) return false;
  if (name === "aria-busy") return false;
  return !(element.hasAttribute("data-combo") && name.startsWith("aria-") && /expanded|activedescendant/.test(name));
};

// a choice waits for the gestures before it: until it is sent, an update must not put the old one in its place
const CHOICES = "select, [type=checkbox], [type=radio], .moment";
document.addEventListener("change", (event) => event.target.matches(CHOICES) && event.target.setAttribute("data-chosen-now", ""), true);
for (const over of ["htmx:beforeSend", "htmx:sendAbort"])
  document.addEventListener(over, (event) => event.detail.elt.removeAttribute?.("data-chosen-now"));

// -- gestures: asked about where the bot wants that, then one after another on each surface, in the order they were made

const turns = new WeakMap(); // the last gesture by surface: its end, and what it was

document.addEventListener("htmx:confirm", (event) => {
  const { elt, etc } = event.detail;
  const surface = elt.closest(".gestures");
  if (!surface || elt.matches("[data-combo]") || etc.returnPromise) return; // this one has its turn now
  event.preventDefault();
  // what is meant is what is on the screen now: an update may take the element away, or make another of it
  const vals = elt.getAttribute("hx-vals");
  const { seen = "" } = surface.querySelector(".surface").dataset;
  const goOn = () => inTurn(surface, { ...event.detail, vals, seen });
  const input = elt.matches("[role=option]") && comboOf(elt.parentElement);
  const question = document.getElementById(elt.dataset.confirm || (input ? `${input.id}-confirm` : ""));
  if (question) confirmed(question, elt, goOn);
  else goOn();
});

function inTurn(surface, { elt, verb, path, triggeringEvent, vals, seen }) {
  const before = turns.get(surface);
  const again = before?.elt === elt && before.vals === vals;
  const send = () => {
    if (elt.isConnected && elt.getAttribute("hx-vals") === vals)
      return htmx.ajax(verb, path, { source: elt, event: triggeringEvent, values: { seen } });
    // what was typed there has nothing left to say, and a double click has said it
    if (again || elt.matches("[data-own]")) return undefined;
    const values = { seen, ...JSON.parse(vals || "{}") };
    if (elt.matches("select, [type=radio], .moment")) values[elt.name] = elt.value;
    return htmx.ajax(verb, path, { source: surface.querySelector(".surface"), values });
  };
  const end = (before?.end || Promise.resolve()).then(send).catch(() => {}); // what failed says so; the next has its turn
  turns.set(surface, { elt, vals, end });
}

function confirmed(question, element, goOn) {
  const dialog = document.getElementById("confirm");
  dialog.replaceChildren(question.content.cloneNode(true));
  dialog.returnValue = "no";
  all("button", dialog).forEach((one) => one.addEventListener("click", () => dialog.close(one.value)));
  dialog.onclose = () => {
    if (dialog.returnValue === "yes") goOn();
    else takeBack(element);
    element.focus();
  };
  dialog.showModal();
}

function takeBack(element) {
  element.removeAttribute("data-chosen-now");
  if (element.matches("select")) all("option", element).forEach((one) => (one.selected = one.defaultSelected));
  if (element.matches("[type=checkbox], [type=radio]"))
    all("input", element.closest(".boxes")).forEach((one) => (one.checked = one.defaultChecked));
  if (element.matches(".moment")) element.value = element.defaultValue;
}

// -- type-ahead

const listOf = (input) => document.getElementById(input.getAttribute("aria-controls"));
const comboOf = (list) => list.closest(".combo").querySelector("[data-combo]");
const choices = (list) => all("[role=option]:not([aria-disabled])", list);
// a list shows what fits what was typed when it was asked for; whoever types on is ahead of it
const isBehind = (input) => listOf(input).dataset.asked !== input.value;

function showList(input, shown) {
  const list = listOf(input);
  list.hidden = !shown || !list.children.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  if (!shown) delete list.dataset.entered;
  if (list.hidden) input.removeAttribute("aria-activedescendant");
  else list.scrollIntoView({ block: "nearest" });
}

function mark(input, option) {
  choices(listOf(input)).forEach((one) => one.setAttribute("aria-selected", String(one === option)));
  if (!option) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function ask(input) {
  if (input.value.trim().length >= Number(input.dataset.least)) htmx.trigger(input, "open");
}

function choose(input, option) {
  showList(input, false);
  if (input.dataset.combo === "line") {
    input.value = `${option.dataset.line} `;
    input.focus();
  } else {
    input.value = "";
    htmx.trigger(option, "click");
  }
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const input = event.detail.elt;
  if (input.matches("[data-combo]") && input.value.trim().length < Number(input.dataset.least)) {
    event.preventDefault();
    showList(input, false);
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (!event.detail.target?.matches("[role=listbox]")) return;
  const list = event.detail.target;
  const input = comboOf(list);
  list.dataset.asked = event.detail.requestConfig.parameters[input.name];
  const late = input.dataset.combo === "line" && !input.value; // it has been sent meanwhile
  showList(input, document.activeElement === input && !late);
  mark(input, input.value ? choices(list)[0] : null);
});
// an option answers a click once it has settled, and not before
document.addEventListener("htmx:afterSettle", (event) => {
  const list = event.detail.target;
  if (!list?.matches("[role=listbox]") || !("entered" in list.dataset) || isBehind(comboOf(list))) return;
  delete list.dataset.entered;
  if (choices(list).length) choose(comboOf(list), choices(list)[0]);
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-combo]")) delete listOf(event.target).dataset.entered;
});

document.addEventListener("mousedown", (event) => {
  if (event.target.closest("[role=listbox]")) event.preventDefault();
});
document.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option && event.isTrusted) {
    const input = comboOf(option);
    showList(input, false);
    if (input.dataset.combo === "line") choose(input, option);
    else input.value = "";
  }
  if (event.target.matches("[data-combo]") && listOf(event.target).hidden) ask(event.target);
  all("details.overflow[open]").forEach((one) => {
    if (!one.contains(event.target) || event.target.closest("li")) one.open = false;
  });
  const linked = event.target.closest("[data-url]");
  if (linked && /^(https?|mailto):/i.test(linked.dataset.url)) window.open(linked.dataset.url, "_blank", "noopener");
});
document.addEventListener("focusout", (event) => {
  if (event.target.matches("[data-combo]")) showList(event.target, false);
});

function comboKey(event, input) {
  const list = listOf(input);
  const options = choices(list);
  const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) return ask(input);
    list.dataset.asked = input.value; // this is the list one chooses from
    const step = event.key === "ArrowDown" ? 1 : -1;
    return mark(input, options[(at + step + options.length) % options.length] || null);
  }
  if (list.hidden) return undefined;
  if (event.key === "Escape") {
    event.stopPropagation();
    event.preventDefault();
    return showList(input, false);
  }
  if (input.dataset.combo === "line") {
    const typed = input.value.trim();
    const more = options[at]?.dataset.line.startsWith(typed) && options[at].dataset.line !== typed;
    if (!more || (event.key !== "Enter" && event.key !== "Tab")) return undefined;
    event.preventDefault();
    return choose(input, options[at]);
  }
  const behind = isBehind(input);
  if (event.key !== "Enter" || (at < 0 && !behind)) return undefined;
  event.preventDefault();
  // the first that fits what is typed is chosen, once it is there
  if (behind) list.dataset.entered = "";
  else choose(input, options[at]);
  return undefined;
}

// -- keys

document.addEventListener("keydown", (event) => {
  const element = event.target;
  if (element.matches("[data-combo]")) comboKey(event, element);
  if (event.defaultPrevented || document.getElementById("confirm").open) return;
  const form = element.closest(".modal");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Enter" && element.matches("input[data-enter], textarea[data-enter]") && !event.shiftKey) {
    if (element.matches("textarea")) return;
    event.preventDefault();
    htmx.trigger(element, "entered");
  } else if (event.key === "Enter" && element.matches("input:not([type=checkbox], [type=radio], [type=file])") && form) {
    event.preventDefault();
    if (!element.matches("[data-combo]") && form.querySelector("[data-submit]")) form.requestSubmit();
  } else if (event.key === "Escape") {
    const menu = document.querySelector("details.overflow[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    else topModal()?.querySelector("[data-close]").click();
  }
});

// one answer at a time: whoever presses again before the answer to a modal's submission is shown has pressed once;
// it is shown with the number of answers so far, whether or not the request is over
const awaiting = new WeakMap(); // how many answers a modal had shown when it was submitted

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches(".modal")) return;
    if (awaiting.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else {
      awaiting.set(form, form.dataset.answers);
      form.ariaBusy = "true";
    }
  },
  true,
);
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, path } = event.detail.requestConfig;
  // it did not come to the bot, so that no answer will be shown
  if (elt.matches(".modal") && path.endsWith("/submit") && event.detail.xhr.status !== 204) answered(elt);
});

function answered(form) {
  awaiting.delete(form);
  form.ariaBusy = "false";
}

document.addEventListener("submit", (event) => {
  // a surface in a message has nothing to submit; htmx takes care of the others
  if (event.target.matches(".surface:not(.modal)")) event.preventDefault();
});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.triggeringEvent?.type === "entered") event.detail.parameters.entered = "1";
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.matches("[data-composer]")) {
    // the command is on its way: the line is free for the next one
    const line = document.getElementById("line");
    event.detail.elt.dataset.sent = line.value;
    line.value = "";
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.matches("[data-clear]") && event.detail.xhr?.status === 204) event.detail.elt.reset();
});

// -- after every update: focus, scrolling, counters

let lastTop = null;
let lastFocus = null;
let atEnd = true;

const scroller = () => document.querySelector("[data-scroll]");

document.addEventListener("focusin", (event) => {
  lastFocus = { name: event.target.dataset?.name, surface: Boolean(event.target.closest(".surface")) };
});

function enter(modal) {
  const body = modal.querySelector(".modal-body");
  body.scrollTo(0, 0);
  const wanted = modal.querySelector("[data-focus]");
  if (wanted) return wanted.focus();
  // the first input has the focus where it is in sight: a view is read from its beginning
  const first = body.querySelector("input:not([type=hidden]), textarea, select");
  const inSight = first && first.getBoundingClientRect().bottom <= body.getBoundingClientRect().bottom;
  return (inSight ? first : modal).focus({ preventScroll: true });
}

function settle() {
  const modal = topModal();
  document.getElementById("app").inert = Boolean(modal);
  // a view that became another one is a new one to its reader
  const now = modal ? `${modal.id} ${modal.querySelector("h2").textContent}` : null;
  if (now !== lastTop) {
    lastTop = now;
    if (modal) enter(modal);
    else document.getElementById("line")?.focus();
  } else if (modal && (document.activeElement === document.body || !document.activeElement)) {
    // an input that was given a new id is still the one the person was in
    const again = lastFocus?.name && all("[data-name]", modal).find((one) => one.dataset.name === lastFocus.name);
    (again || modal).focus({ preventScroll: true });
  } else if (!modal && lastFocus?.surface && document.activeElement === document.body) {
    // the button that was pressed has given way
    scroller()?.focus({ preventScroll: true });
  }
  for (const form of all(".modal")) {
    if (!awaiting.has(form) || awaiting.get(form) === form.dataset.answers) continue;
    answered(form);
    showFirstError(form);
  }
  if (atEnd && scroller()) scroller().scrollTop = scroller().scrollHeight;
  all("[data-max]").forEach(count);
}

function showFirstError(modal) {
  const wrong = modal.querySelector(".field.wrong");
  if (!wrong) return;
  if (!wrong.contains(document.activeElement)) wrong.querySelector("input, textarea, select")?.focus({ preventScroll: true });
  wrong.scrollIntoView({ block: "nearest" });
}

function count(input) {
  const counter = document.getElementById(`${input.id}-counter`);
  if (!counter) return;
  const left = Number(input.dataset.max) - input.value.length;
  const near = left <= Math.max(20, Number(input.dataset.max) * 0.1);
  counter.textContent = near ? `${left} left` : "";
  counter.classList.toggle("over", left < 0);
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-max]")) count(event.target);
});
document.addEventListener("htmx:sseBeforeMessage", () => {
  const box = scroller();
  atEnd = !box || box.scrollHeight - box.scrollTop - box.clientHeight < 80;
});
document.addEventListener("htmx:sseMessage", settle);
document.addEventListener("DOMContentLoaded", () => {
  if (matchMedia("(max-width: 64rem)").matches) all("details.faults").forEach((one) => (one.open = false));
  settle();
  // whoever typed before this was here is offered what fits as well
  all("[data-combo]").forEach((one) => one.value && document.activeElement === one && ask(one));
  // on a screen without a keyboard the focus would bring one up
  if (!topModal() && matchMedia("(min-width: 50rem)").matches) document.getElementById("line")?.focus();
});

// -- lines that pass

let fading;
document.addEventListener("htmx:oobAfterSwap", () => {
  const notice = document.getElementById("notice");
  if (!notice || notice.hidden) return;
  clearTimeout(fading);
  fading = setTimeout(() => (notice.hidden = true), 6000);
});
const offline = (is) => (document.getElementById("offline").hidden = !is);
document.addEventListener("htmx:sseError", () => offline(true));
document.addEventListener("htmx:sseOpen", () => offline(false));
document.addEventListener("htmx:sendError", () => offline(true));
