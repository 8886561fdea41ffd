// The tones of additive.py, rendered in the report's page: {f1, brightness, odd_even} to samples.
// The page plays clips instead where a data set varies anything else than is listed here. Phases are drawn anew
// from the sound's number, because the generator of random numbers differs; onset and gain are left out, because
// the page plays every sound at once and at one level.
synthesizers.additive = {
  factors: ["f1", "brightness", "odd_even"],
  nuisances: ["phases", "onset", "gain"],
  render(values, sampleRate, duration, { max_frequency = 7000, ramp = 0.02 }, seed) {
    const { f1 = 300, brightness = 1600, odd_even = 0 } = values;
    const highest = max_frequency - 2 / ramp;
    const P = Math.max(1, Math.floor(highest / f1));
    const levels = (slope) =>
      Array.from({ length: P }, (_, i) => (i % 2 ? 10 ** (-odd_even / 20) : 1) * (i + 1) ** -slope);
    const centroid = (a) => (f1 * a.reduce((s, v, i) => s + v * (i + 1), 0)) / a.reduce((s, v) => s + v, 0);
    let [shallow, steep] = [-2, 12];
    for (let i = 0; i < 50; i++) {
      const middle = (shallow + steep) / 2;
      if (centroid(levels(middle)) > brightness) shallow = middle;
      else steep = middle;
    }
    const frequencies = Array.from({ length: P }, (_, i) => f1 * (i + 1));
    return harmonics(frequencies, levels(shallow), sampleRate, duration, ramp, seed);
  },
};
