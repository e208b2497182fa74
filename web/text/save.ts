/** Gives the operator a file. */
export const save = (name: string, text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/markdown" }))
  const link = document.createElement("a")
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
