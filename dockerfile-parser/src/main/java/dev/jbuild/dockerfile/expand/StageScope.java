package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.KeyValue;
import dev.jbuild.dockerfile.ast.Word;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What instructions of a stage see. The rules of BuildKit, all in this place:
 *
 * <ul>
 *   <li>An instruction expands against the scope as it was before it: {@code ENV a=1 b=$a} uses the
 *       old {@code a}. ARG alone works left to right: {@code ARG a=1 b=$a} (point 9).
 *   <li>{@code ARG x} takes {@code --build-arg}, else the value of the global ARG of that name;
 *       {@code ARG x=d} ignores the global one (point 11).
 *   <li>ENV always wins over ARG of the same name, as the reference promises; BuildKit's code lets
 *       the last one win (point 10).
 *   <li>A stage FROM another starts with that stage's ENV and ARGs (point 12, 22); a stage FROM an
 *       image starts with the image's ENV and no ARG.
 *   <li>A {@code --build-arg} that no ARG declares is not visible, except the proxy names, which
 *       RUN gets without their being in scope here (points 13, 14).
 * </ul>
 *
 * Immutable and thread-safe: each instruction gives the scope for the next, at the cost of what it
 * changes. The methods that give a whole map cost its size.
 */
public final class StageScope implements Variables {
  private final GlobalScope global;
  private final Map<String, String> buildArgs;
  private final PersistentMap<String> env;
  private final PersistentMap<String> args;
  private final PersistentMap<Boolean> declared;

  private StageScope(
      GlobalScope global,
      Map<String, String> buildArgs,
      PersistentMap<String> env,
      PersistentMap<String> args,
      PersistentMap<Boolean> declared) {
    this.global = global;
    this.buildArgs = buildArgs;
    this.env = env;
    this.args = args;
    this.declared = declared;
  }

  /**
   * The scope at the start of a stage that is FROM an image.
   *
   * @param imageEnv the image's environment, in order
   */
  public static StageScope of(
      GlobalScope global, Map<String, String> buildArgs, Map<String, String> imageEnv) {
    PersistentMap<String> env = PersistentMap.empty();
    for (Map.Entry<String, String> entry : imageEnv.entrySet()) {
      env = env.with(entry.getKey(), entry.getValue());
    }
    return new StageScope(
        global, Map.copyOf(buildArgs), env, PersistentMap.empty(), PersistentMap.empty());
  }

  /**
   * The scope after {@code arg}.
   *
   * @throws DockerfileException when a default does not expand
   */
  public StageScope with(ArgInstruction arg, WordExpander expander) {
    return with(arg, (word, scope) -> expander.expand(word, scope).text());
  }

  /** As {@link #with(ArgInstruction, WordExpander)} with another way to expand the defaults. */
  public StageScope with(ArgInstruction arg, BiFunction<Word, StageScope, String> expansion) {
    StageScope next = this;
    for (ArgInstruction.Declaration declaration : arg.declarations()) {
      String name = declaration.name().text();
      String value = buildArgs.get(name);
      if (value == null) {
        Word defaultValue = declaration.defaultValue();
        value = defaultValue == null ? global.get(name) : expansion.apply(defaultValue, next);
      }
      next =
          new StageScope(
              global,
              buildArgs,
              env,
              value == null ? next.args : next.args.with(name, value),
              next.declared.with(name, true));
    }
    return next;
  }

  /**
   * The scope after {@code env}.
   *
   * @throws DockerfileException when a key or value does not expand
   */
  public StageScope with(EnvInstruction env, WordExpander expander) {
    return with(env, (word, scope) -> expander.expand(word, scope).text());
  }

  /** As {@link #with(EnvInstruction, WordExpander)} with another way to expand keys and values. */
  public StageScope with(EnvInstruction env, BiFunction<Word, StageScope, String> expansion) {
    PersistentMap<String> next = this.env;
    for (KeyValue pair : env.pairs()) {
      next = next.with(expansion.apply(pair.key(), this), expansion.apply(pair.value(), this));
    }
    return new StageScope(global, buildArgs, next, args, declared);
  }

  @Override
  public @Nullable String get(String name) {
    String value = env.get(name);
    return value != null ? value : args.get(name);
  }

  /** The value of an ENV, or null. */
  public @Nullable String env(String name) {
    return env.get(name);
  }

  /** The value of an ARG that is declared and has one, or null. */
  public @Nullable String arg(String name) {
    return args.get(name);
  }

  /** Whether an ARG so far is named so. */
  public boolean isDeclared(String name) {
    return declared.get(name) != null;
  }

  /** ENV of the image config, in order of first definition. */
  public Map<String, String> env() {
    return Collections.unmodifiableMap(env.toMap());
  }

  /**
   * The ARGs declared so far that have a value, in order of declaration, whether or not an ENV of
   * the same name hides them.
   */
  public Map<String, String> args() {
    return Collections.unmodifiableMap(args.toMap());
  }

  /**
   * What RUN history lists as {@code |N k=v}: every ARG declared so far with the value it has here,
   * which is an ENV's of the same name, or empty where there is none.
   */
  public Map<String, String> history() {
    Map<String, String> values = new LinkedHashMap<>();
    for (String name : declared.toMap().keySet()) {
      String value = get(name);
      values.put(name, value == null ? "" : value);
    }
    return Collections.unmodifiableMap(values);
  }

  /** The environment of RUN: ENV, then the ARGs that no ENV of the same name hides. */
  public Map<String, String> runEnvironment() {
    Map<String, String> environment = env.toMap();
    args.toMap().forEach(environment::putIfAbsent);
    return Collections.unmodifiableMap(environment);
  }
}
