# Steps of continuous integration, one after another or in lanes side by side. The script that reads this file sets
# `scratch`, a folder of its own, and exports what its commands read.

# step TITLE MINUTES COMMAND...: run under a limit, say how long it took; a failure ends the script, or the lane.
step() {
    local title=$1 minutes=$2 start=$SECONDS
    shift 2
    printf '\n===== %s =====\n' "$title"
    if ! timeout --kill-after=30 "${minutes}m" bash -euo pipefail -c "$(declare -f); $*"; then
        printf '===== FAILED: %s (%d s) =====\n' "$title" $((SECONDS - start))
        exit 1
    fi
    printf '===== done: %s (%d s, %d s in all) =====\n' "$title" $((SECONDS - start)) "$SECONDS"
}

# side_by_side LANE...: run functions that are made of steps at the same time, for steps that use one core. What a lane
# printed is shown whole when it has ended. All lanes run to their end; then a failure of any ends the script.
side_by_side() {
    local lane lanes=()
    for lane in "$@"; do
        "$lane" >"$scratch/$lane.log" 2>&1 &
        lanes+=($!)
    done
    local failed=()
    while [ $# -gt 0 ]; do
        wait "${lanes[0]}" || failed+=("$1")
        cat "$scratch/$1.log"
        lanes=("${lanes[@]:1}")
        shift
    done
    # Once more at the end, where one looks for it: what failed stands in the middle of the output.
    for lane in "${failed[@]}"; do
        grep '^===== FAILED' "$scratch/$lane.log" || printf '===== FAILED: %s ended outside a step =====\n' "$lane"
    done
    [ ${#failed[@]} = 0 ] || exit 1
}
