import type { Commands } from "../command.ts";
import { commandGroups, commandNames, completes, SHELLS, wordsOf } from "./grammar.ts";

/** The script that completes command lines in bash 4.4 or newer. */
export function bashCompletion(commands: Commands): string {
  const names = commandNames(commands).map(([name]) => name);
  const cases = commandGroups(commands).map(({ names, operand, options }) => {
    // An optional value is not completed: the next word can be an operand.
    const taking = (kind: string) =>
      options
        .filter(({ value, optional }) => value !== undefined && !optional && completes(value) === kind)
        .flatMap(wordsOf)
        .join(" ");
    return `    ${names.join(" | ")})
      options="${options.flatMap(wordsOf).join(" ")}"
      directories=" ${taking("directories")} " files=" ${taking("files")} " others=" ${taking("nothing")} "
      operand=${completes(operand)}
      ;;`;
  });
  return `# bash completion of restage. Use it: source <(restage completion bash)
_restage() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command= options= directories= files= others= operand=commands word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${names.join(" | ")})
        command=$word
        break
        ;;
    esac
  done
  case $command in
${cases.join("\n")}
  esac
  COMPREPLY=()
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi
  if [[ $directories == *" $previous "* ]]; then operand=directories
  elif [[ $files == *" $previous "* ]]; then operand=files
  elif [[ $others == *" $previous "* ]]; then operand=nothing
  fi
  case $operand in
    commands) mapfile -t COMPREPLY < <(compgen -W "${names.join(" ")}" -- "$current") ;;
    shells) mapfile -t COMPREPLY < <(compgen -W "${SHELLS.join(" ")}" -- "$current") ;;
    directories)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      ;;
    files)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      ;;
  esac
}
complete -F _restage restage
`;
}
