// Two quiet tones for a new warning; off until asked for.
const KEY = "triwatch-sound";

export const soundIsOn = (): boolean => localStorage.getItem(KEY) === "on";

export function toggleSound(): boolean {
  localStorage.setItem(KEY, soundIsOn() ? "off" : "on");
  if (soundIsOn()) chime();
  return soundIsOn();
}

export function chime(): void {
  const audio = new AudioContext();
  [660, 880].forEach((frequency, i) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + i * 0.22;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.55);
  });
  setTimeout(() => void audio.close(), 1500);
}
