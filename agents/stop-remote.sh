# shellcheck shell=sh
# Run on the target by Stop, over a second connection: ends what this turn ($1) runs there, and says how much is left.
# The wrapper that started it is agents/bin/ssh. Few programs and no file are needed: the target is sick.
t=$1
sids=' '
numbers() { tr -dc '0-9\n' | tr '\n' ' '; }
# Sets pids to what is this turn's: by its environment; by its scope or its session, which also a process of root's has,
# whose environment only root can read.
look() {
  marked=" $(grep -ls "BREAKGLASS_TURN=$t" /proc/[0-9]*/environ | numbers)"
  scoped=" $(grep -ls "/breakglass-$t-[0-9]*\.scope" /proc/[0-9]*/cgroup | numbers)"
  all=$(cat /proc/[0-9]*/stat 2>/dev/null |
    sed -n 's/^\([0-9]*\) (.*) \([A-Za-z]\) [0-9]* [0-9]* \([0-9]*\) .*/\1:\2:\3/p')
  for each in $all; do
    case $marked in *" ${each%%:*} "*) [ "${each##*:}" = 0 ] || sids="$sids${each##*:} " ;; esac
  done
  pids=
  for each in $all; do
    case $each in *:[ZX]:*) continue ;; esac
    case "$marked$scoped" in *" ${each%%:*} "*) pids="$pids ${each%%:*}" && continue ;; esac
    case $sids in *" ${each##*:} "*) pids="$pids ${each%%:*}" ;; esac
  done
}
for _ in 1 2 3 4 5; do
  look
  [ -n "$pids" ] || break
  # shellcheck disable=SC2086
  kill -9 $pids 2>/dev/null || sudo -n kill -9 $pids 2>/dev/null
  sleep 0.1 2>/dev/null || sleep 1
done
look
# shellcheck disable=SC2086
set -- $pids
left=$#
# Where others' processes are hidden from this login (hidepid), none seen is not none there.
[ -r /proc/1/stat ] || left=hidden
echo "breakglass-left=$left"
