// The one connection to the server: binary frames in, requests out, and back again after a loss.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { PageFrameSchema, PageRequestSchema, type PageFrame } from "../gen/triwatch/v1/page_pb.js";
import { ns } from "../model/time.ts";

export interface Wish {
  nation: string;
  counted: string[];
  playing: boolean;
  speed: number;
  /** UTC ms to go to. */
  seek?: number;
}

/** Why there is no connection: it broke, the server was stopped, it shows the picture to too many already,
 *  or not to an address without its token. */
export type Loss = "lost" | "closed" | "full" | "refused";
const LOSSES: Record<number, Loss> = { 1001: "closed", 1012: "closed", 1013: "full", 4401: "refused" };

const RETRY_MS = [250, 500, 1000, 2000, 4000];

export class Socket {
  private socket: WebSocket | undefined;
  private tries = 0;
  private seen = 0n;
  private readonly address: string;
  private readonly hello: () => Wish;
  private readonly wish: () => Wish;
  private readonly frame: (frame: PageFrame) => void;
  private readonly state: (state: "open" | Loss) => void;

  /**
   * `hello` says what to ask for when a connection is made, `wish` what is wanted ever after; each frame
   * is answered with it, so that the server knows how fast frames are dealt with. `state` is told when a
   * connection is made or lost.
   */
  constructor(
    address: string,
    hello: () => Wish,
    wish: () => Wish,
    frame: (frame: PageFrame) => void,
    state: (state: "open" | Loss) => void,
  ) {
    this.address = address;
    this.hello = hello;
    this.wish = wish;
    this.frame = frame;
    this.state = state;
    this.open();
  }

  private open(): void {
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.seen = 0n;
      this.ask(this.hello());
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      this.tries = 0;
      const frame = fromBinary(PageFrameSchema, new Uint8Array(event.data));
      this.state("open");
      this.frame(frame);
      if (frame.sequence > this.seen) this.seen = frame.sequence;
      this.ask(this.wish());
    };
    socket.onclose = ({ code }) => {
      const loss = LOSSES[code] ?? "lost";
      this.state(loss);
      if (loss === "refused") return;
      const wait = RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]!;
      setTimeout(() => this.open(), wait);
    };
  }

  ask({ seek, ...wish }: Wish): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const request = create(PageRequestSchema, { ...wish, seen: this.seen });
    if (seek !== undefined) request.seekNs = ns(seek);
    this.socket.send(toBinary(PageRequestSchema, request));
  }
}
