package dev.jbuild.dockerfile.outline;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.KeyValue;
import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.Expansion;
import dev.jbuild.dockerfile.expand.PersistentMap;
import dev.jbuild.dockerfile.expand.RunMount;
import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.dockerfile.expand.Variables;
import dev.jbuild.dockerfile.expand.WordExpander;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The variables at some place of a stage as far as the text tells, and which of them it does not
 * tell. Not thread-safe.
 */
final class Values {
  /** Stands for a value that is not known; it is neither unset nor empty. */
  private static final String SOME = "x";

  private final WordExpander expander;

  /**
   * Whether the value of a name is known; one that is not here is as {@code sureByDefault} says.
   */
  private PersistentMap<Boolean> sure = PersistentMap.empty();

  private StageScope scope;
  private boolean imageKnown;
  private boolean sureByDefault = true;
  private boolean guessed;

  /**
   * @param imageKnown whether {@code scope} has all variables of the base image
   */
  Values(WordExpander expander, StageScope scope, boolean imageKnown) {
    this.expander = expander;
    this.scope = scope;
    this.imageKnown = imageKnown;
  }

  Values copy() {
    Values copy = new Values(expander, scope, imageKnown);
    copy.sure = sure;
    copy.sureByDefault = sureByDefault;
    return copy;
  }

  /** From here on any variable may have any value. */
  void openToAll() {
    imageKnown = false;
    sure = PersistentMap.empty();
    sureByDefault = false;
  }

  /**
   * The variables for an expansion. An ENV of the base image wins over an ARG, so that an ARG too
   * may have another value than the text says.
   */
  private Variables variables() {
    return this::get;
  }

  private @Nullable String get(String name) {
    Boolean known = sure.get(name);
    boolean certain = known == null ? sureByDefault : known;
    String env = certain ? scope.env(name) : null;
    if (env != null) {
      return env;
    }
    if (!imageKnown || !certain) {
      guessed = true;
      return SOME;
    }
    return scope.get(name);
  }

  /**
   * Expands; empty when the result is not known, or is an error, which {@code errors} gets. An
   * error is true whatever was guessed: a guess is never unset or empty.
   */
  Optional<Expansion> expand(Word word, Set<Diagnostic> errors) {
    guessed = false;
    try {
      Expansion result = expander.expand(word, variables());
      return guessed ? Optional.empty() : Optional.of(result);
    } catch (DockerfileException e) {
      errors.addAll(e.diagnostics());
      return Optional.empty();
    }
  }

  void expand(Heredoc heredoc, Set<Diagnostic> errors) {
    try {
      WordExpander.expand(heredoc, variables());
    } catch (DockerfileException e) {
      errors.addAll(e.diagnostics());
    }
  }

  /** The mount; empty when it is not known, or is an error, which {@code errors} gets. */
  Optional<RunMount> resolve(MountFlag mount, Set<Diagnostic> errors) {
    boolean certain = true;
    for (MountFlag.Option option : mount.options()) {
      Word value = option.value();
      if (value != null && !option.key().equals("from")) {
        certain &= expand(value, errors).isPresent();
      }
    }
    if (!certain) {
      return Optional.empty();
    }
    try {
      return Optional.of(RunMount.resolve(mount, expander, variables()));
    } catch (DockerfileException e) {
      errors.addAll(e.diagnostics());
      return Optional.empty();
    }
  }

  void step(EnvInstruction env, Set<Diagnostic> errors) {
    IdentityHashMap<Word, String> texts = new IdentityHashMap<>();
    PersistentMap<Boolean> after = sure;
    boolean open = false;
    for (KeyValue pair : env.pairs()) {
      Optional<String> key = expand(pair.key(), errors).map(Expansion::text);
      Optional<String> value = expand(pair.value(), errors).map(Expansion::text);
      texts.put(pair.key(), key.orElse(SOME));
      texts.put(pair.value(), value.orElse(SOME));
      open |= key.isEmpty();
      if (key.isPresent()) {
        after = after.with(key.get(), value.isPresent());
      }
    }
    scope = scope.with(env, (word, before) -> texts.getOrDefault(word, SOME));
    sure = after;
    if (open) {
      openToAll();
    }
  }

  void step(ArgInstruction arg, Set<Diagnostic> errors) {
    IdentityHashMap<Word, String> names = new IdentityHashMap<>();
    for (ArgInstruction.Declaration declaration : arg.declarations()) {
      Word defaultValue = declaration.defaultValue();
      if (defaultValue != null) {
        names.put(defaultValue, declaration.name().text());
      }
    }
    scope =
        scope.with(
            arg,
            (word, soFar) -> {
              scope = soFar;
              Optional<Expansion> value = expand(word, errors);
              String name = names.getOrDefault(word, "");
              if (value.isEmpty() || scope.env(name) == null) {
                sure = sure.with(name, value.isPresent());
              }
              return value.map(Expansion::text).orElse(SOME);
            });
  }
}
