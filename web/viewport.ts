/** The height that is really visible: on iOS a keyboard covers 100dvh, and Send with it. */
export const followViewport = (): void => {
  const viewport = window.visualViewport
  if (viewport === null) return
  const measure = () => {
    // A pinch zoom is not a keyboard.
    if (viewport.scale > 1.05) return
    document.documentElement.style.setProperty("--visible", `${Math.round(viewport.height)}px`)
    document.documentElement.style.setProperty("--above", `${Math.round(viewport.offsetTop)}px`)
  }
  measure()
  viewport.addEventListener("resize", measure)
  viewport.addEventListener("scroll", measure)
}
