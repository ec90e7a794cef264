import { inflateSync } from "node:zlib";

/** A picture of a browser. */
interface Picture {
  readonly width: number;
  readonly height: number;
  /** The brightness of a point, from 0 to 255. */
  brightness(x: number, y: number): number;
  /** The colors, each with its brightness. */
  readonly colors: ReadonlyMap<number, number>;
}

const CHUNKS_AT = 8;

/** Reads a PNG with 8 bits a channel. Source: the PNG specification, chapters 5 and 9. */
export function readPicture(png: Buffer, context: string): Picture {
  if (png.length === 0) throw new Error(`There is no picture: ${context}`);
  const data: Buffer[] = [];
  for (let at = CHUNKS_AT; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channels = png[25] === 6 ? 4 : 3;
  const pixels = unfilter(inflateSync(Buffer.concat(data)), width * channels, height, channels);
  const channel = (index: number) => pixels[index] ?? 0;
  const brightness = (at: number) => (channel(at) + channel(at + 1) + channel(at + 2)) / 3;
  const colors = new Map<number, number>();
  for (let at = 0; at < pixels.length; at += channels)
    colors.set((channel(at) << 16) | (channel(at + 1) << 8) | channel(at + 2), brightness(at));
  return { width, height, brightness: (x, y) => brightness((y * width + x) * channels), colors };
}

function unfilter(lines: Buffer, size: number, height: number, channels: number): Uint8Array {
  const pixels = new Uint8Array(size * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (size + 1)];
    for (let x = 0; x < size; x++) {
      const at = y * size + x;
      const left = x < channels ? 0 : pixels[at - channels]!;
      const up = y === 0 ? 0 : pixels[at - size]!;
      const corner = x < channels || y === 0 ? 0 : pixels[at - size - channels]!;
      const predicted = [0, left, up, (left + up) >> 1, nearest(left, up, corner)][filter ?? 0] ?? 0;
      pixels[at] = lines[y * (size + 1) + 1 + x]! + predicted;
    }
  }
  return pixels;
}

/** Paeth's predictor. */
function nearest(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
