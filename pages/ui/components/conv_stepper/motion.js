// Time: which output pixel the view is at, how many of the window's are filled in, and the clock that moves on.

const STEPS_PER_SECOND = [0.5, 1, 1.5, 2, 3, 4, 6, 10, 15, 25, 40];

// `shown` is how many output pixels are filled in, in reading order; Infinity while nothing is being played.
class Playback {
  constructor() {
    Object.assign(this, {playing: false, shown: Infinity, timers: {}});
  }

  index() {
    return (this.pixel[0] - this.origin[0]) * this.outputSize[1] + this.pixel[1] - this.origin[1];
  }

  filled() {
    return Math.min(this.shown, this.outputSize[0] * this.outputSize[1]);
  }

  // One output pixel further or back; the cells after it are still empty.
  step(by) {
    this.pause();
    this.goTo(this.shown === Infinity && by > 0 && this.index() === this.outputs().length - 1 ? 0 : this.index() + by);
    this.reportPixelSoon();
  }

  goTo(index) {
    const last = this.outputs().length - 1;
    this.pixel = this.outputs()[clamp(index, 0, last)];
    this.shown = this.index() + 1;
    this.draw();
  }

  toStart() {
    this.pause();
    this.pinned = null;
    this.goTo(0);
  }

  toggle() {
    if (this.playing) return this.pause();
    this.playing = true;
    this.pinned = null;
    nameParts(this);
    const ended = this.shown === Infinity || this.filled() === this.outputs().length;
    this.goTo(ended ? 0 : this.index());
    return this.schedule();
  }

  schedule() {
    this.later("play", 1000 / STEPS_PER_SECOND[this.parts.speed.value], () => {
      if (this.index() >= this.outputs().length - 1) return this.pause();
      this.goTo(this.index() + 1);
      return this.schedule();
    });
  }

  pause() {
    if (!this.playing) return;
    clearTimeout(this.timers.play);
    this.playing = false;
    nameParts(this);
    this.draw();
  }

  stop() {
    this.pause();
    Object.assign(this, {shown: Infinity, pinned: null, hovered: null});
    this.draw();
  }

  // Like later, but a running clock is left to run: at most once in that time.
  soon(name, delay_ms, action) {
    this.timers[name] ??= setTimeout(() => {
      this.timers[name] = null;
      action();
    }, delay_ms);
  }

  later(name, delay_ms, action) {
    clearTimeout(this.timers[name]);
    this.timers[name] = setTimeout(action, delay_ms);
  }
}
