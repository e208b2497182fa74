# Run on the target by Stop, over a second connection: ends what this turn ($1) runs there, and says how much is left.
# The wrapper that started it is agents/bin/ssh.
t=$1
marked() {
  for e in /proc/[0-9]*/environ; do
    if tr '\0' '\n' <"$e" 2>/dev/null | grep -qx "BREAKGLASS_TURN=$t"; then
      p=${e#/proc/}
      echo "${p%/environ}"
    fi
  done
}
if [ -d /run/systemd/system ]; then
  for bus in --system --user; do
    timeout 2 systemctl "$bus" list-units --all --plain --no-legend "breakglass-$t-*.scope" 2>/dev/null |
      while read -r unit rest; do
        timeout 2 systemctl "$bus" kill --signal=KILL "$unit" 2>/dev/null ||
          timeout 2 sudo -n systemctl kill --signal=KILL "$unit" 2>/dev/null
      done
  done
fi
for round in 1 2 3 4 5; do
  pids=$(marked)
  [ -n "$pids" ] || break
  # shellcheck disable=SC2086
  kill -9 $pids 2>/dev/null || sudo -n kill -9 $pids 2>/dev/null
done
left=$(marked | wc -l)
echo "breakglass-left=$((left))"
