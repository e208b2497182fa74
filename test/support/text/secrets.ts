/**
 * Two hundred secrets in the forms in which they turn up, made of parts so that no file here holds one. The same ones
 * each time: a form that passes must pass again.
 */
export interface Leak {
  readonly what: string
  /** How it turns up. */
  readonly text: string
  /** What must not be seen of it, in no part. */
  readonly secret: string
}

const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"

/** A generator of random-looking words that gives the same ones each time. */
const words = () => {
  let state = 0x2545f491
  return (length: number, alphabet = letters): string => {
    let word = ""
    while (word.length < length) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      word += alphabet.charAt((state >>> 0) % alphabet.length)
    }
    return word
  }
}

const word = words()

/** What the server itself is given. One has characters that JSON, base64 and URLs spell otherwise. */
export const configured = {
  API_BEARER_TOKEN: word(44),
  BREAKGLASS_EDGE_SECRET: word(40),
  ANTHROPIC_API_KEY: ["sk", "ant", "api03", word(80)].join("-"),
  ANTHROPIC_AUTH_TOKEN: `${word(12)}+/"\\=&%?${word(12)}`,
  CLAUDE_CODE_OAUTH_TOKEN: ["sk", "ant", "oat01", word(80)].join("-")
}

const spelt = (secret: string): ReadonlyArray<readonly [string, string]> => [
  ["bare", secret],
  ["in env", `export TOKEN=${secret}`],
  ["in JSON", JSON.stringify({ env: { x: secret } })],
  ["in JSON in JSON", JSON.stringify(JSON.stringify({ x: secret }))],
  ["in base64", Buffer.from(secret).toString("base64")],
  ["in base64 after a name", Buffer.from(`user:${secret}\n`).toString("base64")],
  ["in base64 in the middle", Buffer.from(`{"k":"${secret}"}`).toString("base64")],
  ["in base64url", Buffer.from(`x${secret}`).toString("base64url")],
  ["in a query", `GET /?key=${encodeURIComponent(secret)}&x=1`],
  ["in hex", Buffer.from(secret).toString("hex")],
  ["in a traceback", `Error: bad key '${secret}' at line 7`]
]

/** Of a value in another spelling, what would give it away: the middle of that spelling. */
const telling = (secret: string, text: string): string => {
  if (text.includes(secret)) return secret.slice(3, -3)
  const longest = text
    .split(/[^A-Za-z0-9+/_%=-]+/)
    .reduce((best, part) => (part.length > best.length ? part : best), "")
  return longest.slice(Math.floor(longest.length / 2) - 6, Math.floor(longest.length / 2) + 6)
}

const exact: ReadonlyArray<Leak> = Object.entries(configured).flatMap(([name, secret]) =>
  spelt(secret).map(([how, text]) => ({ what: `${name} ${how}`, text, secret: telling(secret, text) }))
)

const jwt = () => ["eyJ" + word(20), "eyJ" + word(60), word(43)].join(".")
const pem = (kind: string) => {
  const body = Array.from({ length: 4 }, () => word(64))
  const dashes = "-".repeat(5)
  return {
    secret: (body[2] ?? "").slice(4, 60),
    text: `${dashes}BEGIN ${kind}${dashes}\n${body.join("\n")}\n${dashes}END ${kind}${dashes}\n`
  }
}

const only = (secret: string) => ({ text: secret, secret: secret.slice(6) })
const held = (around: (secret: string) => string, secret: string) => ({ text: around(secret), secret })
const in_ = (leak: { text: string; secret: string }, around: (text: string) => string) => ({
  ...leak,
  text: around(leak.text)
})

const shaped: ReadonlyArray<readonly [string, () => { readonly text: string; readonly secret: string }]> = [
  ["an API key", () => only(["sk", "ant", "api03", word(40)].join("-"))],
  ["a short API key", () => held((s) => `key ${["sk", "ant", s].join("-")}`, word(12))],
  ["another API key", () => only(["sk", "proj", word(40)].join("-"))],
  ["a JWT", () => only(jwt())],
  ["a JWT in a query", () => held((s) => `?access_token=${s}&x=1`, jwt())],
  ["a PEM key", () => pem(["RSA", "PRIVATE", "KEY"].join(" "))],
  ["an OpenSSH key", () => pem(["OPENSSH", "PRIVATE", "KEY"].join(" "))],
  ["a PKCS8 key", () => pem(["PRIVATE", "KEY"].join(" "))],
  ["a PGP key", () => pem(["PGP", "PRIVATE", "KEY", "BLOCK"].join(" "))],
  ["a key in JSON", () => in_(pem(["EC", "PRIVATE", "KEY"].join(" ")), (text) => JSON.stringify({ key: text }))],
  ["a GitHub token", () => only(`ghp_${word(36)}`)],
  ["a fine-grained one", () => only(`github_pat_${word(22)}_${word(59)}`)],
  ["a GitLab token", () => only(["glpat", word(20)].join("-"))],
  ["an npm token", () => held((s) => `//r.example/:_authToken=${s}`, `npm_${word(36)}`)],
  ["an AWS id", () => only(`AKIA${word(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`)],
  ["an AWS key", () => held((s) => `AWS_SECRET_ACCESS_KEY=${s}`, word(40))],
  ["an AWS key in a file", () => held((s) => `aws_secret_access_key = ${s}`, word(40))],
  ["a Slack token", () => only(["xoxb", word(12), word(24)].join("-"))],
  ["a Stripe key", () => only(`sk_live_${word(24)}`)],
  ["a Google key", () => only(`AIza${word(35)}`)],
  ["a Proxmox token", () => held((s) => `PVEAPIToken=root@pam!x=${s}`, word(36))],
  ["a bearer header", () => held((s) => `Authorization: Bearer ${s}`, word(30))],
  ["a bearer header in JSON", () => held((s) => JSON.stringify({ authorization: `Bearer ${s}` }), word(30))],
  ["a bearer header in curl", () => held((s) => `curl -H 'Authorization: Bearer ${s}' https://x`, word(30))],
  ["a bare bearer", () => held((s) => `got bearer ${s} from it`, word(30))],
  ["a basic header", () => held((s) => `authorization: basic ${s}`, Buffer.from(word(20)).toString("base64"))],
  ["a header without a scheme", () => held((s) => `Authorization: ${s}`, word(30))],
  ["a cookie", () => held((s) => `Cookie: a=1; sid=${s}; b=2`, word(24))],
  ["a set-cookie", () => held((s) => `set-cookie: sid=${s}; Path=/; HttpOnly`, word(24))],
  ["a cookie in JSON", () => held((s) => JSON.stringify({ Cookie: `sid=${s}` }), word(24))],
  ["password=", () => held((s) => `password=${s}`, word(14))],
  ["password: ", () => held((s) => `password: ${s}`, word(14))],
  ["a quoted password", () => held((s) => `password = "two words ${s}, and more"`, word(14))],
  ["DB_PASSWORD=", () => held((s) => `DB_PASSWORD='${s}'`, word(14))],
  ["a password in JSON", () => held((s) => JSON.stringify({ password: s }), word(14))],
  ["a password in JSON in JSON", () => held((s) => JSON.stringify(JSON.stringify({ db_password: s })), word(14))],
  ["a passphrase", () => held((s) => `passphrase: ${s}`, word(14))],
  ["a client secret", () => held((s) => `client_secret=${s}&grant_type=x`, word(24))],
  ["an api key", () => held((s) => `X-Api-Key: ${s}`, word(24))],
  ["a token in the environment", () => held((s) => `GITEA_TOKEN=${s}`, word(24))],
  ["a token in JSON", () => held((s) => JSON.stringify({ refresh_token: s }), word(24))],
  ["a token header", () => held((s) => `X-Vault-Token: ${s}`, word(24))],
  ["a URL", () => held((s) => `postgres://app:${s}@db:5432/x`, word(14))],
  ["a URL without a user", () => held((s) => `redis://:${s}@db:6379`, word(14))],
  ["a shadow line", () => held((s) => `root:$6$${word(8)}$${s}:19000:0:99999:7:::`, word(60))],
  ["a credential", () => held((s) => `credentials = ${s}`, word(20))],
  ["a private key in hex", () => held((s) => `private_key: ${s}`, word(64, "0123456789abcdef"))],
  ["a Tailscale key", () => only(["tskey", "auth", word(12), word(20)].join("-"))],
  ["a bcrypt hash", () => held((s) => `admin:$2b$12$${s}`, word(53))]
]

/** Exact values in every spelling, then each shape three times. */
export const corpus: ReadonlyArray<Leak> = [
  ...exact,
  ...["", " again", " once more"].flatMap((time) =>
    shaped.map(([what, make]) => ({ what: `${what}${time}`, ...make() }))
  )
]
