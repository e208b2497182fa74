/** What the simulated VM's own screen shows: text as a console draws it, in the format QEMU writes (PPM). */

export const hung = `[3553331.204] INFO: task postgres:812 blocked for more than
               120 seconds.
[3553331.205]       Not tainted 6.1.0-31-amd64 #1
[3553331.207] "echo 0 > /proc/sys/kernel/hung_task_timeout_
               secs" disables this message.
[3553338.911] systemd-journald[412]: Failed to write entry
               (9 items, 318 bytes), ignoring: No space
               left on device
[3553452.036] INFO: task jbd2/sda2-8:291 blocked for more
               than 120 seconds.
[3553452.038] INFO: task dockerd:644 blocked for more than
               241 seconds.
[3553459.402] EXT4-fs (sda2): Delayed block allocation
               failed for inode 411822 with error 28
[3553459.403] EXT4-fs (sda2): This should not happen!! Data
               will be lost

devvm login: _`

export const login = `Debian GNU/Linux 12 devvm tty1

devvm login: _`

const width = 720
const height = 400
/** Of a character, in pixels; its dots are two pixels wide and high. */
const cell = { width: 12, height: 18 }

export const draw = (text: string): Buffer => {
  const head = Buffer.from(`P6\n${width} ${height}\n255\n`)
  const pixels = Buffer.alloc(width * height * 3)
  const dot = (x: number, y: number) => {
    for (const row of [y, y + 1]) pixels.fill(0xb4, (row * width + x) * 3, (row * width + x + 2) * 3)
  }
  text.split("\n").forEach((line, row) =>
    [...line].forEach((character, column) =>
      glyph(character).forEach((dots, at) => {
        for (let bit = 0; bit < 8; bit++)
          if (((dots >> bit) & 1) === 1) dot(column * cell.width + at * 2, row * cell.height + 2 + bit * 2)
      })
    )
  )
  return Buffer.concat([head, pixels])
}

/** Columns from left to right, the lowest bit on top; what is not in the font is a box. */
const glyph = (character: string): Uint8Array => Buffer.from(font.get(character) ?? "7f4141417f", "hex")

/** The usual 5 by 7 dots, with one more row for what hangs down; of it what a console's few lines need. */
const font: ReadonlyMap<string, string> = new Map(
  `
,0080703000 -0808080808 .0000606000 /2010080402 :0000140000 #147f147f14 (001c224100 )0041221c00 "0007000700
03e5149453e 100427f4000 27249494946 32141494d33 41814127f10 52745454539 63c4a494931 74121110907 83649494936
9464949291e [007f414100 ]004141417f _4040404040 =1414141414 >0041221408 a2054547840 b7f28444438 c3844444428
d384444287f e3854545418 f00087e0902 g18a4a49c78 h7f08040478 i00447d4000 j2040403d00 k7f10284400 l00417f4000
m7c04780478 n7c08040478 o3844444438 pfc18242418 r7c08040408 s4854545424 t04043f4424 u3c4040207c v1c2040201c
w3c4030403c x4428102844 y4c9090907c D7f4141413e E7f49494941 F7f09090901 I00417f4100 L7f40404040 N7f0408107f
O3e4141413e P7f09090906 T03017f0103 U3f4040403f X6314081463 G3e41415173 !00005f0000`
    .trim()
    .split(/\s/)
    .map((entry) => [entry.slice(0, 1), entry.slice(1)])
).set(" ", "")
