import type { Commands } from "../command.ts";
import type { Option } from "../options/option.ts";
import { commandGroups, commandNames, completes, SHELLS, wordsOf } from "./grammar.ts";

/** The script that completes command lines in zsh: the file `_restage` in a directory of `fpath`. */
export function zshCompletion(commands: Commands): string {
  const described = commandNames(commands).map(([name, says]) => `    ${quoted(`${name}:${says}`)}`);
  const cases = commandGroups(commands).map(({ names, operand, options }) => {
    const specs = [
      ...options.map(optionSpec),
      ...(operand === undefined ? [] : [`${quoted(`:${operand}:${action(operand)}`)}`]),
    ];
    return `    (${names.join("|")})
      _arguments -s -S \\
${specs.map((spec) => `        ${spec}`).join(" \\\n")}
      ;;`;
  });
  return `#compdef restage
# zsh completion of restage: restage completion zsh > DIR/_restage, where DIR is in fpath
_restage() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
${described.join("\n")}
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case $state in
    (command) _describe command commands; return ;;
    (argument) ;;
    (*) return ;;
  esac
  case $words[1] in
    (help) _describe command commands ;;
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _restage ]]; then _restage "$@"; else compdef _restage restage; fi
`;
}

/** A word such as `'*'{--images-dir,-D}'[directory of the images]:DIR:_files -/'`. */
function optionSpec(option: Option): string {
  const { value, optional, says = "" } = option;
  const words = wordsOf(option);
  const argument = value === undefined ? "" : `${optional ? "::" : ":"}${escaped(value)}:${action(value)}`;
  const rest = quoted(`[${escaped(says)}]${argument}`);
  // `*`: an option can be repeated. The last one counts, or all do.
  return words.length === 1 ? `${quoted(`*${words[0]}`)}${rest}` : `'*'{${words.join(",")}}${rest}`;
}

function action(value: string): string {
  const actions = { directories: "_files -/", files: "_files", shells: `(${SHELLS.join(" ")})`, nothing: " " };
  return actions[completes(value)];
}

function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
