package dev.jbuild.engine.plan;

import java.util.ArrayDeque;
import java.util.Deque;

/** Paths inside an image, as text: slash-separated, cleaned without a look at any file. */
final class ContainerPath {
  private ContainerPath() {}

  /** Absolute and clean, {@code ..} never above the root; relative paths start at {@code base}. */
  static String resolve(String base, String path) {
    Deque<String> parts = new ArrayDeque<>();
    String whole = path.startsWith("/") ? path : base + "/" + path;
    for (String part : whole.split("/")) {
      switch (part) {
        case "", "." -> {}
        case ".." -> parts.pollLast();
        default -> parts.addLast(part);
      }
    }
    return "/" + String.join("/", parts);
  }

  /**
   * A COPY destination: as {@link #resolve}, with a trailing slash kept where the text says that it
   * is a directory ({@code ""}, {@code .}, {@code …/}, {@code …/.}).
   */
  static String destination(String base, String path) {
    String clean = resolve(base, path);
    boolean directory =
        path.isEmpty() || path.equals(".") || path.endsWith("/") || path.endsWith("/.");
    return directory && !clean.equals("/") ? clean + "/" : clean;
  }
}
