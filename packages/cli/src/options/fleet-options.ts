import { declareOption, type Option } from "./option.ts";
import { number, on, seconds, text } from "./readers.ts";
import { KEY_FILE, SERVER_OPTIONS } from "./restore-options.ts";

const LEASE: Option = declareOption(
  "--lease SECONDS",
  "when a host is silent for so long, its orders go to another one; default 30",
  (to, given) => {
    to.fleet.lease = seconds(given);
  },
);

function labelOption(says: string): Option {
  return declareOption("--label KEY=VALUE", says, (to, given) => {
    to.fleet.labels.push(String(given));
  });
}

const VALUE: Option = declareOption(
  "--value NAME=TEXT",
  "clone: what plugins read as clone.values.NAME",
  (to, given) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(String(given)) ?? [];
    if (name === undefined || value === undefined) throw new RangeError("a name and a text, for example tenant=7");
    to.values[name] = value;
  },
);

/** Options of `agent`. */
export const AGENT_OPTIONS: readonly Option[] = [
  labelOption("a label of this host; can be repeated"),
  declareOption("--name NAME", "name of this host; by default its hostname", (to, given) => {
    to.fleet.name = text(given);
  }),
  declareOption("--policy FILE", "JSON file that says which orders this host accepts", (to, given) => {
    to.fleet.policy = text(given);
  }),
  declareOption("--slots N", "how many orders are carried out at a time; default 4", (to, given) => {
    to.fleet.slots = number(given);
  }),
  declareOption("--dashboard HOST:PORT", "serve a page that shows the fleet", (to, given) => {
    const [, host, port] = /^(.+):(\d+)$/.exec(String(given)) ?? [];
    if (host === undefined) throw new RangeError("an address and a port, for example 127.0.0.1:8080");
    to.fleet.dashboard = { host, port: Number(port) };
  }),
  declareOption("--limit SECONDS", "time limit for a command of an order; default 3600", (to, given) => {
    to.fleet.limit = seconds(given);
  }),
  declareOption("-W, --work-dir DIR", "directory for the state of the agent; default /var/lib/restage", (to, given) => {
    to.workDirectory = text(given);
  }),
  LEASE,
  KEY_FILE,
  ...SERVER_OPTIONS,
];

/** Options of `fleet`. */
export const FLEET_OPTIONS: readonly Option[] = [
  labelOption("run, clone: a label that the host must have; can be repeated"),
  declareOption("--config NAME", "a configuration, by its name in the host's policy", (to, given) => {
    to.fleet.config = text(given);
  }),
  declareOption("--count N", "clone: how many", (to, given) => {
    to.fleet.count = number(given);
  }),
  VALUE,
  declareOption("--leave-running", "checkpoint: leave the tree running", (to, given) => {
    to.fleet.leaveRunning = on(given);
  }),
  declareOption("--sign-key FILE", "private Ed25519 key (PEM) that signs the order", (to, given) => {
    to.fleet.signKey = text(given);
  }),
  declareOption("-d, --detach", "do not wait until the order is over", (to, given) => {
    to.fleet.detach = on(given);
  }),
  declareOption("-f, --follow", "logs: wait for more", (to, given) => {
    to.fleet.follow = on(given);
  }),
  declareOption("--server URL", "nats://HOST:PORT; by default NATS_URL", (to, given) => {
    to.fleet.server = text(given);
  }),
  LEASE,
  declareOption("--json", "print JSON", (to, given) => {
    to.json = on(given);
  }),
  ...SERVER_OPTIONS,
];
