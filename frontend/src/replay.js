import { _ } from './words.js';

const MARGIN = 15; // around the step that must be seen
const A_STEP = 1600; // milliseconds between two events while it plays at 1×

/**
 * *Xem lại diễn biến*: tokens of `data-tokens` on the drawing, the panel from the template of the moment. The page
 * works without: every button is a link, and the server writes the panel of the moment that is asked for.
 */
export class Replay {
  constructor(place, viewer) {
    this.place = place;
    this.viewer = viewer;
    this.root = place.closest('[data-replay]');
    this.tokens = JSON.parse(place.dataset.tokens);
    this.slider = this.root.querySelector('input[type=range]');
    this.playing = undefined;
    this.marked = [];
    this.templates = new Map([...this.root.querySelectorAll('template[data-moment]')].map((one) => [Number(one.dataset.moment), one]));
    this.links = new Map([...this.root.querySelectorAll('[data-list] a')].map((one) => [Number(one.dataset.seq), one]));
    this.seq = Number(this.root.dataset.replay);
    this.listen();
    this.draw();
  }

  get last() {
    return this.tokens.length;
  }

  listen() {
    const play = this.root.querySelector('[data-play]');
    play.hidden = false;
    this.root.querySelector('[data-speed]').hidden = false;
    play.addEventListener('click', () => this.toggle());
    this.root.querySelector('[data-speed] select').addEventListener('change', () => { if (this.playing) this.play(); });
    this.slider.addEventListener('input', () => { this.pause(); this.show(Number(this.slider.value)); });
    for (const link of this.root.querySelectorAll('[data-step]')) {
      link.addEventListener('click', (event) => this.follow(event, this.targetOf(link.dataset.step)));
    }
    for (const [seq, link] of this.links) link.addEventListener('click', (event) => this.follow(event, seq));
    document.addEventListener('keydown', (event) => this.key(event));
    window.addEventListener('popstate', () => this.show(this.asked(), { keep: false }));
  }

  targetOf(step) {
    return { first: 1, back: Math.max(this.seq - 1, 1), next: Math.min(this.seq + 1, this.last), last: this.last }[step];
  }

  follow(event, seq) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // to be opened elsewhere
    event.preventDefault();
    this.pause();
    this.show(seq);
    if (event.currentTarget.dataset.seq) this.root.scrollIntoView({ block: 'start' });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea, summary, .diagram__zoom')) return;
    const target = { ArrowLeft: 'back', ArrowRight: 'next', Home: 'first', End: 'last' }[event.key];
    if (target) {
      this.pause();
      this.show(this.targetOf(target));
    } else if (event.key === ' ' && !event.target.closest('a, button')) {
      this.toggle();
    } else return;
    event.preventDefault();
  }

  asked() {
    return Number(new URLSearchParams(location.search).get('su-kien')) || this.last;
  }

  toggle() {
    if (this.playing) this.pause();
    else {
      if (this.seq === this.last) this.show(1);
      this.play();
    }
  }

  play() {
    clearInterval(this.playing);
    const speed = Number(this.root.querySelector('[data-speed] select').value);
    this.playing = setInterval(() => {
      if (this.seq < this.last) this.show(this.seq + 1);
      if (this.seq === this.last) this.pause();
    }, A_STEP / speed);
    this.told();
  }

  pause() {
    clearInterval(this.playing);
    this.playing = undefined;
    this.told();
  }

  told() {
    const play = this.root.querySelector('[data-play]');
    play.textContent = this.playing ? _('Dừng') : _('Chạy');
    play.setAttribute('aria-pressed', String(Boolean(this.playing)));
  }

  show(seq, { keep = true } = {}) {
    const template = this.templates.get(seq);
    if (!template) return;
    this.links.get(this.seq)?.removeAttribute('aria-current');
    this.links.get(seq).setAttribute('aria-current', 'true');
    this.seq = seq;
    this.slider.value = seq;
    this.slider.setAttribute('aria-valuetext', _('Sự kiện {seq}/{last}, {at}', { seq, last: this.last, at: template.dataset.at }));
    this.root.querySelector('[data-panel]').replaceChildren(template.content.cloneNode(true));
    this.where(template);
    if (keep) this.remember();
    this.draw();
  }

  where({ dataset }) {
    const place = this.root.querySelector('[data-where]');
    place.querySelector('strong').textContent = _('Sự kiện {seq}/{last}', { seq: this.seq, last: this.last });
    place.querySelector('time').textContent = dataset.at;
    place.querySelector('time').dateTime = dataset.iso;
  }

  /** The address is that of the moment; browsers bound how often it may be changed. */
  remember() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      const address = new URL(location.href);
      address.searchParams.set('su-kien', this.seq);
      history.replaceState(history.state, '', address);
    }, 250);
  }

  draw() {
    const registry = this.viewer.get('elementRegistry');
    const canvas = this.viewer.get('canvas');
    for (const [id, marker] of this.marked) canvas.removeMarker(id, marker);
    this.marked = [];
    this.viewer.get('overlays').remove({ type: 'replay' });
    const { active, ended, rounds, passed } = this.tokens[this.seq - 1];
    const here = [...active, ...(ended ? [ended] : [])];
    const before = new Set(this.tokens.slice(0, this.seq).flatMap((one) => one.passed));
    for (const id of before) if (registry.get(id) && !here.includes(id)) this.mark(id, registry.get(id).waypoints ? 'is-gone' : 'is-done');
    for (const id of passed) if (registry.get(id)) this.mark(id, 'is-passing');
    for (const id of here) if (registry.get(id)) this.token(id, id === ended && !active.includes(id) ? _('Kết thúc ở đây') : rounds[id] ? _('Đang ở đây, lượt {round}', { round: rounds[id] }) : _('Đang ở đây'));
    this.here = here[0];
    this.bringIntoView(this.here);
  }

  /** Where the case is stays in view, where the drawing is too large for its frame. */
  bringIntoView(id) {
    const element = this.viewer.get('elementRegistry').get(id);
    const canvas = this.viewer.get('canvas');
    if (!element || !canvas.getSize().width) return;
    const { x, y, width, height } = canvas.viewbox();
    const seen = element.x - MARGIN >= x && element.y - MARGIN >= y && element.x + element.width + MARGIN <= x + width && element.y + element.height + MARGIN <= y + height;
    if (!seen) canvas.scrollToElement(element, { top: 60, left: 60, right: 140, bottom: 90 });
  }

  mark(id, marker) {
    this.viewer.get('canvas').addMarker(id, marker);
    this.marked.push([id, marker]);
  }

  token(id, text) {
    this.mark(id, 'is-active');
    const badge = document.createElement('span');
    badge.className = 'token token--active';
    badge.textContent = text;
    this.viewer.get('overlays').add(id, 'replay', { position: { top: -3, left: 0 }, html: badge, scale: { min: 0.75, max: 1.25 } });
  }
}
