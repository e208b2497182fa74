/** The height that is really visible: on iOS a keyboard covers 100dvh, and Send with it. */
export const followViewport = (): void => {
  const viewport = window.visualViewport
  if (viewport === null) return
  const { style } = document.documentElement
  const measure = () => {
    // A pinch zoom is not a keyboard.
    if (viewport.scale > 1.05) return
    // Nor is there one where nothing is written, whatever was said last.
    if (document.activeElement?.matches("textarea, input") !== true) {
      style.removeProperty("--visible")
      style.removeProperty("--above")
      return
    }
    style.setProperty("--visible", `${Math.round(viewport.height)}px`)
    style.setProperty("--above", `${Math.round(viewport.offsetTop)}px`)
  }
  measure()
  for (const change of ["resize", "scroll"]) viewport.addEventListener(change, measure)
  // At once, so that nothing is drawn under the keyboard; and once the focus has settled.
  for (const change of ["focusin", "focusout"]) {
    document.addEventListener(change, () => {
      measure()
      requestAnimationFrame(measure)
    })
  }
}
