package dev.jbuild.sandbox;

/**
 * A file tree shown to a step below its own root: another stage, an image, the build context, a
 * cache. The part that is shown is looked up inside the tree: links and {@code ..} do not leave it.
 *
 * @param target absolute path in the rootfs
 * @param source the tree; an overlay with an upper directory for writes that are thrown away
 * @param subpath what of the tree is shown, {@code /} for all
 * @param readOnly whether writing fails
 */
public record RootfsMount(String target, Rootfs source, String subpath, boolean readOnly) {
  public RootfsMount {
    if (!target.startsWith("/") || target.equals("/")) {
      throw new IllegalArgumentException("mount target \"" + target + "\" is not a path below /");
    }
  }
}
