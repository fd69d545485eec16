// When somebody was at this page: for the minutes of the interview the laptop is told so many seconds ago, however late it
// answers. A running clock counts them, which no jump of the date moves.
const APART = 60000;  // of what lies closer together the first and the last do
const MOST = 600;

export const running = () => performance.timeOrigin + performance.now();
export const ago = (moments) => moments.map((at) => Math.max(0, (running() - at) / 1000).toFixed(1)).join(' ');

class Presence {
  constructor() {
    this.moments = [];  // of which the laptop has not heard
  }

  seen() {
    const at = running(), close = at - this.moments.at(-2) < APART;
    this.moments = [...close ? this.moments.slice(0, -1) : this.moments, at].slice(-MOST);
  }

  heard(until) {
    this.moments = this.moments.filter((at) => at > until);
  }
}

export const presence = new Presence();
