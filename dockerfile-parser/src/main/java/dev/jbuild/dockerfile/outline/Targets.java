package dev.jbuild.dockerfile.outline;

import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.format.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stages that can be built, for {@code --call targets}.
 *
 * @param targets in file order; stages without a name only if they are the default
 */
public record Targets(List<Target> targets) {
  public Targets {
    targets = List.copyOf(targets);
  }

  /**
   * One stage.
   *
   * @param name null for a default without a name
   * @param description from the comment above it
   * @param base what it is FROM, as written
   * @param platform value of {@code --platform}, as written
   * @param isDefault whether it is built when no target is asked for
   */
  public record Target(
      @Nullable String name,
      @Nullable String description,
      String base,
      @Nullable String platform,
      boolean isDefault) {}

  /** The targets of {@code tree}. */
  public static Targets of(Dockerfile tree) {
    List<Target> targets = new ArrayList<>();
    for (Stage stage : tree.stages()) {
      boolean last = stage.index() == tree.stages().size() - 1;
      if (last || stage.name().isPresent()) {
        Word platform = stage.from().platform();
        targets.add(
            new Target(
                stage.name().orElse(null),
                stage.description(),
                stage.from().image().text(),
                platform == null ? null : platform.text(),
                last));
      }
    }
    return new Targets(targets);
  }

  /** As a table with a line of headings. */
  public String toText() {
    TextTable table = new TextTable("TARGET", "DESCRIPTION");
    for (Target target : targets) {
      String name = target.name() == null ? "" : target.name();
      String mark = target.isDefault() ? (name.isEmpty() ? "(default)" : " (default)") : "";
      table.row(name + mark, target.description() == null ? "" : target.description());
    }
    return table.toString();
  }

  /** As one JSON object with the member {@code targets}. */
  public String toJson() {
    Json json = new Json().open('{').key("targets").open('[');
    for (Target target : targets) {
      json.newline().open('{');
      json.member("name", target.name()).member("description", target.description());
      json.member("base", target.base()).member("platform", target.platform());
      if (target.isDefault()) {
        json.key("default").raw(true);
      }
      json.close('}');
    }
    return json.close(']').close('}') + "\n";
  }
}
