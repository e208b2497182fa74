/** What a machine prints that holds no secret, in the forms most like one: hashes, ids, keys' fingerprints, addresses. */
const hex = (length: number, n: number) =>
  Array.from({ length }, (_, at) => "0123456789abcdef".charAt((n * 7919 + at * 104729 + ((n * at) >> 3)) & 15)).join("")
const base64 = (length: number, n: number) => Buffer.from(hex(length, n)).toString("base64").slice(0, length)

const lines: ReadonlyArray<(n: number) => string> = [
  (n) =>
    `Nov 21 03:${n % 60}:01 devvm sshd[${n}]: Accepted publickey for root from 10.0.0.${n % 255} port ${n} ssh2: ED25519 SHA256:${base64(43, n)}`,
  (n) => `Nov 21 03:${n % 60}:02 devvm systemd[1]: Started Session ${n} of User root.`,
  (n) =>
    `Nov 21 03:${n % 60}:03 devvm kernel: [${n}.${n % 1000}] INFO: task jbd2/sda1-8:${n} blocked for more than 120 seconds.`,
  (n) =>
    `Nov 21 03:${n % 60}:04 devvm sudo: pam_unix(sudo:auth): authentication failure; logname= uid=${n} euid=0 tty=/dev/pts/0 ruser=x rhost=  user=x`,
  (n) =>
    `Nov 21 03:${n % 60}:05 devvm sshd[${n}]: Failed password for invalid user admin from 10.0.0.${n % 255} port ${n} ssh2`,
  (n) => `/dev/sda${n % 9}        20511312  ${n}  5310 ${n % 100}% /var/lib/docker/overlay2/${hex(64, n)}/merged`,
  (n) => `${hex(12, n)}   registry.example.org/app/web@sha256:${hex(64, n)}   "/entry.sh"   ${n} hours ago   Up`,
  (n) => `${hex(40, n)} Merge branch 'fix-${n}' of ssh://git@git.example.org:2222/team/app`,
  (n) => `${hex(32, n)}  /usr/share/doc/package-${n}/changelog.gz`,
  (n) => `UUID=${hex(8, n)}-${hex(4, n)}-4${hex(3, n)}-8${hex(3, n)}-${hex(12, n)} /boot ext4 defaults 0 2`,
  (n) =>
    `root      ${n}  0.0  0.1  12345  6789 ?  Ss  Nov20  0:0${n % 10} /usr/sbin/sshd -D -o AuthorizedKeysFile=/etc/ssh/keys/%u`,
  (n) => `PasswordAuthentication no   # changed by ansible, run ${n}`,
  (n) => `pgbouncer: auth_type = md5, auth_file = /etc/pgbouncer/userlist.txt, pool ${n}`,
  (n) => `tcp   LISTEN 0   128   0.0.0.0:${n}   0.0.0.0:*   users:(("nginx",pid=${n},fd=6))`,
  (n) =>
    `10.0.0.1 - - [21/Nov/2026:03:12:0${n % 10} +0000] "GET /assets/app-${hex(8, n)}.js HTTP/1.1" 200 ${n} "https://app.example.org/"`,
  (n) =>
    `{"level":"info","ts":${n}.12,"msg":"request","id":"${hex(32, n)}","path":"/v1/tokens/count","max_tokens":${n},"took":${n}}`,
  (n) => `SyntaxError: Unexpected token } in JSON at position ${n}`,
  (n) => `Certificate fingerprint: ${hex(40, n).replace(/../g, "$&:")} serial ${hex(20, n)}`,
  (n) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${base64(43, n)} root@devvm`,
  (n) =>
    `I will look at the disk, the memory and the ${n} failed units first, and say what I find before I change anything.`,
  (n) => `  secretName: web-tls-${n}`,
  (n) => `MESSAGE=Token bucket of size ${n} is empty; cookie jar at /tmp/jar-${n}`
]

export const clean = (bytes: number): string => {
  let log = ""
  for (let n = 1; log.length < bytes; n++) log += `${lines[n % lines.length]?.(n) ?? ""}\n`
  return log
}
