import { definePlugin, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { room } from "../../room.ts";

/** /proc/PID/fdinfo of a timerfd. Source: proc_pid_fdinfo(5). */
const INFO =
  /^clockid: (\d+)\nticks: (\d+)\nsettime flags: 0?(\d+)\nit_value: \((\d+), (\d+)\)\nit_interval: \((\d+), (\d+)\)/m;

/** Saves timerfds with the time left, and their unread ticks. */
export function timerfds(): Plugin {
  return definePlugin({
    name: "timerfds",
    duty: "timerfds",
    phases: { inspect: "describes timerfds" },
    dump({ describeFile }) {
      describeFile.tap("timerfds", (file, context) => {
        if (file.link !== "anon_inode:[timerfd]") return undefined;
        // Restarts an expired periodic timer, which /proc shows as disarmed until someone asks for its time.
        context.host.attempt("timerfd_gettime", file.descriptor ?? -1, room(32).data);
        const match = INFO.exec(context.host.readText(`/proc/self/fdinfo/${file.descriptor}`) ?? "");
        if (match === null) return undefined;
        const [, clockid = 0, ticks = 0, settime = "0", vsec = 0, vnsec = 0, isec = 0, insec = 0] = match;
        const { id, flags } = file;
        const tfd = {
          id,
          flags,
          fown: ownerOf(file, context),
          clockid: Number(clockid),
          ticks: BigInt(ticks),
          settime_flags: Number.parseInt(settime, 8),
          vsec: BigInt(vsec),
          vnsec: BigInt(vnsec),
          isec: BigInt(isec),
          insec: BigInt(insec),
        };
        return { type: fdTypes.TIMERFD, tfd };
      });
    },
  });
}
