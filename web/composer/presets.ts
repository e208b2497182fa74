/** Prompts worth sending when one can hardly think. They look before they touch. */

export const prompts = {
  Triage:
    "The VM is not behaving. Find out what is wrong and change nothing yet. Start with what needs no disk: can you reach it, load, pressure in /proc/pressure, memory and swap, processes in D state, then df -h and df -i, failed units, and the last kernel errors. Give every command a short timeout, because the VM may hang. Then tell me in a few lines: the most likely cause, the evidence for it, and the smallest step that would fix it.",
  "Memory / OOM":
    "I suspect memory. Check free -m, swap in and out, /proc/pressure/memory, the largest processes by resident memory and by swap, cgroup limits that were hit, and OOM kills in the kernel log. Change nothing yet. Name the process or container to blame, say what would be lost by ending it, and ask me before you do.",
  Disk: "I suspect the disk. Check df -h and df -i, read-only mounts, I/O errors in the kernel log, /proc/pressure/io, and processes stuck in D state and what they wait for. If a filesystem is full, find what grew: journal, containers, caches, deleted files that are still open. Stay on one filesystem and use timeouts. Delete nothing: show me what could go, with sizes, and ask.",
  Services:
    "Something that should be running is not. List failed and restarting units and containers, what listens on which port, and for each one that is down the last lines of its log. Tell me what broke first and what merely followed. Restart nothing before you have told me what you would restart and why.",
  "QEMU wedged":
    "I suspect the virtual machine itself is stuck, not the system inside it. Try to reach it over SSH with a 5 s limit, and tell apart: no route, port closed, banner but no login, login but commands hang. If you get in, look for I/O stalls: D state, hung-task messages, /proc/pressure/io, no progress in /proc/diskstats over 5 s. Conclude plainly: is it worth going on from inside, or should I cut power and start it again with the VM controls?"
}
