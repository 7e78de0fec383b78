"use strict";

// The script says which frames are which step. A picture is looked up by the middle of its frame, so that no rounding leads to its neighbour.

const SPEEDS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];
const SWIPE = 40; // px
const MOST_TICKS = 240;
const HASH_PAUSE = 200; // ms; browsers refuse an address that changes too often

const byId = (id) => document.getElementById(id);
const video = byId("video");
const script = JSON.parse(byId("script").textContent);
const notes = JSON.parse(byId("notes").textContent);
const parts = script.parts.filter((part) => part.marks.length);
const marks = parts.flatMap((part, number) => part.marks.map((mark) => ({ ...mark, part: number, last: mark.after - 1 })));
marks.forEach((mark, k) => Object.assign(mark, { index: k, name: notes.names[k], formula: notes.formulas[notes.formula[k]] ?? "" }));
const end = marks.at(-1).last;

// --- where we are: `here` is the frame on show, or the one that was asked for and is on its way --------------------------------------------

let here = 0;
let playing = false;
let goal = null; // the mark at whose end to stop; null: at the end of the clip
let looping = false;
let speed = SPEEDS.indexOf(1);
let timer = 0;

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
const middle = (frame) => (frame + 0.5) / script.fps;
const markAt = (frame) => marks.findLast((mark) => mark.first <= frame) ?? marks[0];
const current = () => (playing && goal ? goal : markAt(here));
const lastFrame = () => (goal ? goal.last : end);

function seek(frame) {
  here = clamp(frame, 0, end);
  if (video.readyState >= HTMLMediaElement.HAVE_METADATA) video.currentTime = middle(here);
}

/** Shows one frame and plays no more. */
function stand(frame) {
  playing = false;
  goal = null;
  clearTimeout(timer);
  video.pause();
  seek(frame);
  show();
}

/** Plays on to the end of a mark, or of the clip. */
function run(mark) {
  playing = true;
  goal = mark;
  if (mark) here = clamp(here, mark.first, mark.last);
  start();
  show();
}

async function start() {
  if (video.readyState < HTMLMediaElement.HAVE_METADATA) return; // it starts as soon as there is something
  const started = video.play();
  watch(); // which may find that it is there already, and pause again
  try {
    await started;
  } catch (error) {
    if (error.name === "NotAllowedError") stand(here); // an AbortError is a pause or another place in between
  }
}

/**
 * Keeps up with the video while it plays, and arrives as soon as the last frame is due, which leaves the time of a frame to come to rest.
 * `picture` is what is said of a picture that has just been drawn, if this is why it is called.
 */
function watch(_now, picture) {
  clearTimeout(timer);
  if (!playing) return;
  const due = lastFrame() + (looping ? 1 : 0); // what is repeated has its last frame for as long as the others
  const left = (due / script.fps - video.currentTime) / video.playbackRate;
  if (!video.seeking) {
    const drawn = picture ? Math.round(picture.mediaTime * script.fps) : 0;
    if (left <= 0 || drawn >= due || video.ended) return arrive();
    here = clamp(Math.floor(video.currentTime * script.fps + 0.01), goal ? goal.first : 0, lastFrame());
    show();
  }
  timer = setTimeout(watch, clamp(left * 1000, 1, 100));
}

function everyPicture(now, picture) {
  watch(now, picture);
  video.requestVideoFrameCallback(everyPicture);
}

function arrive() {
  if (!looping || !goal || goal.first === goal.last) return stand(lastFrame());
  seek(goal.first);
  start();
}

// --- what the keys and buttons do -----------------------------------------------------------------------------------------------------------

function next() {
  const mark = current();
  const inTheStep = playing && goal && !looping;
  looping = false;
  const following = marks[mark.index + 1];
  if (inTheStep) return following ? skipTo(following) : stand(end);
  if (playing || here < mark.last) return run(mark);
  return following ? run(following) : stand(end);
}

function skipTo(mark) {
  seek(mark.first);
  run(mark);
}

function back() {
  const before = marks[current().index - 1];
  goTo(before ? before.last : 0);
}

function goTo(frame) {
  looping = false;
  stand(frame);
}

function toggle() {
  if (playing) return stand(here);
  if (looping) return run(current());
  if (here === end) seek(0);
  return run(null);
}

function loop() {
  looping = !looping;
  if (looping) run(current());
  else show();
}

function hasten(by) {
  speed = clamp(speed + by, 0, SPEEDS.length - 1);
  video.playbackRate = video.defaultPlaybackRate = SPEEDS[speed];
  byId("speed").textContent = `${SPEEDS[speed]}×`;
  if (playing) watch();
}

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (document.body.classList.contains("full")) setFull(false);
  else if (byId("stage").requestFullscreen) byId("stage").requestFullscreen().catch(() => setFull(true));
  else setFull(true); // phones that know no full screen: the whole page
}

function setFull(on) {
  document.body.classList.toggle("full", on);
}

function toggleHelp() {
  const help = byId("help");
  if (help.open) help.close();
  else help.showModal();
}

// --- what is on show ------------------------------------------------------------------------------------------------------------------------

let shownMark = null;
let shownTold = false;

function show() {
  const mark = current();
  if (mark !== shownMark) showMark(mark);
  if (isTold(mark) !== shownTold) tell(mark);
  const time = `${clock(here / script.fps)} / ${clock((end + 1) / script.fps)}`;
  byId("time").textContent = time;
  byId("slider").value = here;
  byId("slider").setAttribute("aria-valuetext", `${mark.name}, ${time}`);
  byId("played").setAttribute("width", here === end ? end + 1 : here);
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  byId("play-icon").setAttribute("href", playing ? "#i-pause" : "#i-play");
  byId("loop").setAttribute("aria-pressed", String(looping));
}

function showMark(mark) {
  shownMark = mark;
  const part = parts[mark.part];
  document.body.dataset.kind = mark.kind;
  byId("name").textContent = byId("slim-name").textContent = mark.name;
  byId("phase").textContent = mark.phase === mark.name ? "" : mark.phase;
  tell(mark);
  byId("formula").innerHTML = mark.formula; // MathML that was checked when the page was written
  breakable(byId("formula"));
  byId("lines").textContent = mark.lines.join("\n");
  byId("step-of").textContent = isStep(mark) ? `${mark.name} of ${part.steps.toLocaleString("en")}` : mark.name;
  byId("part").textContent = parts.length > 1 ? `${mark.part + 1} of ${parts.length}: ${part.title}` : "";
  byId("now").scrollTop = 0;
  showInList(mark);
  clearTimeout(showMark.timer);
  showMark.timer = setTimeout(writeAddress, HASH_PAUSE, mark);
}

/** What a step gives is told when its picture has got that far. */
const isTold = (mark) => !mark.caption || mark.caption === mark.say || here >= mark.last;

function tell(mark) {
  shownTold = isTold(mark);
  byId("say").textContent = byId("slim-say").textContent = shownTold ? mark.say : mark.caption;
  byId("now").classList.toggle("untold", !shownTold);
}

const isStep = (mark) => ["full", "quick", "sweep"].includes(mark.kind);

function clock(seconds) {
  const whole = Math.floor(seconds + 0.001);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  const pair = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${pair(minutes)}:${pair(whole % 60)}` : `${minutes}:${pair(whole % 60)}`;
}

/** Cuts a formula before its relations and sums, for browsers break lines between formulas only; after a wide space comes a new line. */
function breakable(place) {
  const math = place.firstElementChild;
  if (!math) return;
  let piece = null;
  for (const item of flat(math.children)) {
    const cut = piece?.hasChildNodes() && joins(item);
    const parted = isWide(piece?.lastElementChild);
    if (!piece || cut || parted) {
      place.append(element(parted ? "br" : "wbr"));
      piece = place.appendChild(math.cloneNode(false));
    }
    if (cut) item.setAttribute("form", "infix");
    piece.append(item);
  }
  math.remove();
}

const isWide = (item) => item?.localName === "mspace" && parseFloat(item.getAttribute("width")) >= 1;

const TALL = "mfrac, mtable, munder, mover, munderover, msqrt, mroot";
const joins = (item) => item.localName === "mo" && ["=", "≈", "+", "−"].includes(item.textContent) && !item.hasAttribute("form");

/** The items of a row, and those of rows in it that hold sums whose brackets need not grow. */
function flat(items) {
  const opens = (item) => item.localName === "mrow" && !item.querySelector(TALL) && [...item.querySelectorAll("mo")].some(joins);
  const signed = (item) => item.firstElementChild?.textContent === "−";
  return [...items].flatMap((item) => (opens(item) && !signed(item) ? flat(item.children) : [item]));
}

// --- the list of steps ----------------------------------------------------------------------------------------------------------------------

const buttons = [];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function buildList() {
  byId("part").hidden = parts.length < 2;
  byId("contents-title").textContent = parts.length < 2 ? "Steps" : "Contents";
  byId("list").append(...parts.map((part, number) => partOfList(part, marks.filter((mark) => mark.part === number))));
  byId("slider").max = end;
  document.documentElement.style.setProperty("--aspect", script.width / script.height);
  byId("ticks").setAttribute("viewBox", `0 0 ${end + 1} 1`);
  const path = (ticks) => ticks.slice(1).map((mark) => `M${mark.first} 0V1`).join("");
  byId("marks").setAttribute("d", path(marks.length > MOST_TICKS ? [] : marks));
  byId("parts").setAttribute("d", path(marks.filter((mark) => mark.part !== marks[mark.index - 1]?.part)));
}

function partOfList(part, own) {
  const groups = [];
  for (const mark of own) {
    if (groups.at(-1)?.phase === mark.phase) groups.at(-1).marks.push(mark);
    else groups.push({ phase: mark.phase, marks: [mark] });
  }
  const steps = groups.flatMap((group) => phaseOfList(group, parts.length > 1 ? "h4" : "h3"));
  if (parts.length === 1) return element("div", { className: "part" }, ...steps);
  const go = element("button", { type: "button", className: "go", title: "Go to the beginning of this part" });
  go.setAttribute("aria-label", `Go to ${part.title}`);
  go.append(byId("go").content.cloneNode(true));
  go.addEventListener("click", () => goTo(own[0].first));
  const title = element("summary", {}, element("h3", { textContent: part.title }));
  return element("div", { className: "part" }, element("details", {}, title, ...steps), go);
}

function phaseOfList(group, level) {
  const list = element("ol", {}, ...group.marks.map((mark) => element("li", {}, stepOfList(mark))));
  const named = group.marks.length > 1 || group.marks[0].name !== group.phase;
  return named ? [element(level, { className: "phase", textContent: group.phase }), list] : [list];
}

function stepOfList(mark) {
  const button = element("button", { type: "button", className: `step ${mark.kind}`, tabIndex: -1 });
  button.append(element("b", { textContent: mark.name }), element("span", { textContent: mark.caption || mark.say }));
  button.addEventListener("click", () => goTo(mark.first));
  button.addEventListener("keydown", (event) => walk(event, mark.index));
  buttons.push(button);
  return button;
}

/** Up and Down go through the list, which is one stop of the Tab key. */
function walk(event, index) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const open = buttons.filter((button) => button.offsetParent);
  open[open.indexOf(buttons[index]) + by]?.focus();
}

function showInList(mark) {
  for (const old of byId("list").querySelectorAll("[aria-current]")) {
    old.removeAttribute("aria-current");
    old.tabIndex = -1;
  }
  const button = buttons[mark.index];
  button.setAttribute("aria-current", "step");
  button.tabIndex = 0;
  const part = button.closest(".part");
  if (!part.classList.contains("current")) openPart(part);
  bringIntoView(button);
}

function openPart(part) {
  for (const other of byId("list").querySelectorAll(".part")) {
    other.classList.toggle("current", other === part);
    for (const details of other.querySelectorAll("details")) details.open = other === part;
  }
}

/** Moves the list only, never the page. */
function bringIntoView(item) {
  const list = byId("list");
  const [a, b] = [item.getBoundingClientRect(), list.getBoundingClientRect()];
  if (a.top >= b.top && a.bottom <= b.bottom) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  list.scrollBy({ top: a.top - b.top - (b.height - a.height) / 2, behavior: calm ? "auto" : "smooth" });
}

// --- the address: #step=12, #step=end, #part=name&step=12 -----------------------------------------------------------------------------------

function addressOf(mark) {
  const fields = new URLSearchParams();
  if (parts.length > 1) fields.set("part", partKey(mark.part));
  if (isStep(mark)) fields.set("step", mark.start + 1);
  else if (mark.kind === "opening") fields.set("step", 0);
  else if (mark.kind === "closing") fields.set("step", "end");
  return `#${fields}`;
}

/** Its name, or its number where the name leads to another part. */
function partKey(number) {
  const name = parts[number].name;
  return name && findPart(name) === number ? name : String(number + 1);
}

function findPart(key) {
  const named = parts.findIndex((part) => part.name === key);
  return named >= 0 || !/^\d+$/.test(key) ? named : Number(key) <= parts.length ? Number(key) - 1 : -1;
}

function writeAddress(mark) {
  try {
    history.replaceState(null, "", addressOf(mark));
  } catch {
    // A page within a page may have no address of its own.
  }
}

/** The mark that an address means, or undefined. */
function readAddress(text) {
  const fields = new URLSearchParams(text.replace(/^#/, ""));
  const [key, step] = [fields.get("part"), fields.get("step")];
  if (key === null && step === null) return undefined;
  if (key !== null) return markOfPart(findPart(key), step);
  const first = current().part;
  return [first, ...parts.keys()].map((number) => markOfPart(number, step)).find(Boolean);
}

function markOfPart(number, step) {
  const own = marks.filter((mark) => mark.part === number);
  if (step === null) return own[0];
  if (step === "end") return own.findLast((mark) => mark.kind === "closing") ?? own.at(-1);
  if (!/^\d+$/.test(step)) return undefined;
  if (Number(step) === 0) return own[0];
  return own.find((mark) => isStep(mark) && mark.start < Number(step) && Number(step) <= mark.stop);
}

function obeyAddress() {
  const mark = readAddress(location.hash);
  if (mark) goTo(mark.first);
}

// --- keys, fingers, mouse -------------------------------------------------------------------------------------------------------------------

const KEYS = {
  ArrowRight: next,
  PageDown: next,
  ArrowLeft: back,
  PageUp: back,
  " ": toggle,
  Home: () => goTo(0),
  End: () => goTo(end),
  l: loop,
  f: toggleFull,
  "+": () => hasten(1),
  "=": () => hasten(1),
  ">": () => hasten(1),
  "-": () => hasten(-1),
  "<": () => hasten(-1),
  "?": toggleHelp,
  h: toggleHelp,
};
const ONCE = new Set([" ", "l", "f", "?", "h"]);
const OF_SLIDER = /^(Arrow|Page|Home|End)/;

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "Escape" && !document.fullscreenElement) setFull(false);
  if (!KEYS[key] || belongsTo(event.target, key) || (byId("help").open && KEYS[key] !== toggleHelp)) return;
  event.preventDefault();
  if (!event.repeat || !ONCE.has(key)) KEYS[key]();
}

function belongsTo(target, key) {
  if (target === byId("slider")) return OF_SLIDER.test(key);
  return key === " " && target.closest("button, summary") !== null;
}

/** Taps and swipes on the picture; a mouse plays and pauses. */
function onPicture() {
  let down = null;
  const picture = byId("picture");
  picture.addEventListener("pointerdown", (event) => {
    if (event.isPrimary && event.button === 0) down = event;
  });
  picture.addEventListener("pointercancel", () => (down = null));
  picture.addEventListener("pointerup", (event) => {
    if (!down || !event.isPrimary) return;
    const [x, y] = [event.clientX - down.clientX, event.clientY - down.clientY];
    down = null;
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) swipe(x);
    else if (Math.hypot(x, y) < SWIPE / 2) tap(event);
  });
}

function swipe(x) {
  if (x < 0) next();
  else back();
}

function tap(event) {
  if (event.pointerType === "mouse") return toggle();
  const { left, width } = byId("picture").getBoundingClientRect();
  const third = Math.floor((3 * (event.clientX - left)) / width);
  return [back, toggle, next][clamp(third, 0, 2)]();
}

/** In full screen, a pointer that rests is hidden. */
function hideRestingPointer() {
  let rest = 0;
  document.addEventListener("pointermove", () => {
    document.body.classList.remove("idle");
    clearTimeout(rest);
    rest = setTimeout(() => document.body.classList.add("idle"), 2000);
  });
}

function listen() {
  const clicks = { back, next, play: toggle, loop, full: toggleFull, leave: toggleFull, ask: toggleHelp };
  for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", () => act());
  byId("slower").addEventListener("click", () => hasten(-1));
  byId("faster").addEventListener("click", () => hasten(1));
  byId("slider").addEventListener("input", (event) => goTo(Number(event.target.value)));
  byId("slider").addEventListener("change", show);
  document.addEventListener("keydown", onKey);
  // Who clicks with a mouse wants the keys to go on meaning what they mean in the page.
  document.addEventListener("click", (event) => event.detail > 0 && document.activeElement?.blur());
  byId("slider").addEventListener("pointerup", (event) => event.target.blur());
  onPicture();
  hideRestingPointer();
  window.addEventListener("hashchange", obeyAddress);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  document.addEventListener("fullscreenchange", () => setFull(document.fullscreenElement !== null));
}

// --- the video ------------------------------------------------------------------------------------------------------------------------------

function decoded(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const plain = atob(text);
  const bytes = new Uint8Array(plain.length);
  for (let k = 0; k < plain.length; k++) bytes[k] = plain.charCodeAt(k);
  return bytes;
}

function loadFilm() {
  const chunks = [];
  for (const chunk of document.querySelectorAll("script[data-film]")) {
    chunks.push(decoded(chunk.textContent));
    chunk.remove(); // the text takes up more memory than the video
  }
  video.addEventListener("loadedmetadata", () => {
    seek(here);
    if (playing) start();
  });
  video.addEventListener("ended", () => watch());
  video.addEventListener("seeked", () => watch());
  video.addEventListener("error", () => {
    byId("trouble").textContent = "This browser cannot play the video, which is H.264 in an mp4. Another browser can.";
    byId("trouble").hidden = false;
  });
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(everyPicture);
  video.muted = true; // there is no sound, and what makes none may be started by a page
  video.src = URL.createObjectURL(new Blob(chunks, { type: "video/mp4" }));
}

buildList();
listen();
here = readAddress(location.hash)?.first ?? 0;
show();
document.addEventListener("DOMContentLoaded", loadFilm);
