package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Comment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Comments that describe what the next line defines: {@code # name description}. */
final class Descriptions {
  private Descriptions() {}

  /** The description of {@code name} in the comments above its definition, or null. */
  static @Nullable String of(List<Comment> comments, String name) {
    String prefix = name + " ";
    for (Comment comment : comments) {
      if (comment.text().startsWith(prefix)) {
        return comment.text().substring(prefix.length());
      }
    }
    return null;
  }
}
