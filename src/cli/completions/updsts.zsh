#compdef updsts
# Completion of updsts for zsh. The program prints a value and its description in each line; compadd quotes the value.
_updsts() {
    local line value
    local -a values shown folders
    for line in "${(@f)$(_UPDSTS_COMPLETE=zsh command updsts -- "${(@Q)words[1,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
        value=${line%%$'\t'*}
        if [[ $value == */ ]]; then
            folders+=("$value")
        elif [[ -n $value ]]; then
            values+=("$value")
            shown+=("${${line%$'\t'}/$'\t'/  -- }")
        fi
    done
    compadd -V folders -S '' -a folders
    compadd -V values -l -d shown -a values
}
if [[ $funcstack[1] == _updsts ]]; then _updsts "$@"; else compdef _updsts updsts; fi
