package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Word;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What FROM sees: global ARGs and the platform ARGs.
 *
 * <ul>
 *   <li>A global ARG takes {@code --build-arg}, else its default, which expands against the
 *       platform ARGs and the global ARGs before it (point 15).
 *   <li>The platform ARGs (BUILDPLATFORM, TARGETARCH, …) are in scope without being declared; a
 *       {@code --build-arg} of such a name overrides them.
 *   <li>Nothing of this is visible in a stage until an ARG there declares it (point 11).
 * </ul>
 *
 * Immutable and thread-safe.
 */
public final class GlobalScope implements Variables {
  private final Map<String, String> values;

  private GlobalScope(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Evaluates the global ARGs.
   *
   * @param platformArgs BUILDPLATFORM and so on, with their values
   * @param buildArgs {@code --build-arg}
   * @throws DockerfileException when a default does not expand
   */
  public static GlobalScope of(
      List<ArgInstruction> globalArgs,
      Map<String, String> platformArgs,
      Map<String, String> buildArgs,
      WordExpander expander) {
    Map<String, String> values = new LinkedHashMap<>(platformArgs);
    values.replaceAll((name, value) -> buildArgs.getOrDefault(name, value));
    for (ArgInstruction arg : globalArgs) {
      for (ArgInstruction.Declaration declaration : arg.declarations()) {
        String name = declaration.name().text();
        String given = buildArgs.get(name);
        Word defaultValue = declaration.defaultValue();
        if (given != null) {
          values.put(name, given);
        } else if (defaultValue != null) {
          values.put(name, expander.expand(defaultValue, values::get).text());
        }
      }
    }
    return new GlobalScope(values);
  }

  @Override
  public @Nullable String get(String name) {
    return values.get(name);
  }
}
