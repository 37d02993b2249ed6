# Completion of updsts for bash. The program is given the line up to the cursor and the part of the last word that
# readline would replace; it prints complete replacements, quoted for the line.
_updsts() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        [[ $candidate ]] && COMPREPLY+=("$candidate")
    done <<<"$(_UPDSTS_COMPLETE=bash command updsts -- "${COMP_LINE:0:COMP_POINT}" "${2-}" 2>/dev/null)"
    [[ ${COMPREPLY-} == */ ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o nosort -F _updsts updsts 2>/dev/null || complete -F _updsts updsts
