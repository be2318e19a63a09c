"""`kbview completion SHELL` prints a shell's completion; `kbview complete -- WORDS` feeds all of them.

The shells ask kbview itself, so scenarios, datapaths, profiles and settings are completed as well.
"""

import argparse

from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.cli.paper import say

SHELLS = {
    "bash": """\
# kbview completion for bash:  eval "$(kbview completion bash)"
_kbview() {
    local IFS=$'\\n'
    COMPREPLY=($(kbview complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o default -F _kbview kbview
""",
    "zsh": """\
# kbview completion for zsh:  eval "$(kbview completion zsh)"
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i -D }
_kbview() {
    local -a found
    local line
    for line in ${(f)"$(kbview complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
        found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
    done
    (( $#found )) && _describe kbview found
    _files
}
compdef _kbview kbview
""",
    "fish": """\
# kbview completion for fish:  kbview completion fish | source
function __kbview
    set -l words (commandline -opc) (commandline -ct)
    kbview complete -- $words[2..-1] 2>/dev/null
end
complete -c kbview -a '(__kbview)'
""",
}


class Completion(Command):
    """Prints; a line in the shell's start-up file evaluates it."""

    name = "completion"
    summary = "completions of bash, zsh and fish"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))

    def run(self, arguments: argparse.Namespace) -> int:
        say(SHELLS[arguments.shell], end="")
        return DONE


class Complete(Command):
    """Prints the candidates for the last word, each with a tabulator and its meaning."""

    name = "complete"
    summary = "candidates for the last word, for the shells"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("words", nargs="*", help="the words behind kbview; the last is unfinished")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.cli.candidates import candidates

        for word, meaning in candidates(arguments.words or [""]):
            say(word, end="\t")
            say(meaning)
        return DONE
