package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Turns COPY and ADD into an operation. */
final class CopyPlanning {
  private final Planner planner;
  private final Stage stage;
  private final WordExpander expander;
  private final Diagnostics diagnostics;

  CopyPlanning(Planner planner, Stage stage, WordExpander expander, Diagnostics diagnostics) {
    this.planner = planner;
    this.stage = stage;
    this.expander = expander;
    this.diagnostics = diagnostics;
  }

  /**
   * @param inputs besides the root file system
   * @param history without the closing comment
   */
  record Planned(Op.Copy op, List<Vertex> inputs, String history) {}

  Planned plan(CopyInstruction copy, StageState state) {
    return plan(
        "COPY",
        state,
        copy.sources(),
        copy.destination(),
        copy.from(),
        copy.chown(),
        copy.chmod(),
        copy.parents(),
        copy.excludes(),
        false,
        () -> planner.graph().source(stage, copy));
  }

  Planned plan(AddInstruction add, StageState state) {
    Word checksum = add.checksum();
    if (checksum != null) {
      throw diagnostics.unsupported(checksum.span(), "ADD --checksum");
    }
    if (add.keepGitDir() != null) {
      throw diagnostics.unsupported(add.span(), "ADD --keep-git-dir");
    }
    Boolean unpack = add.unpack();
    return plan(
        "ADD",
        state,
        add.sources(),
        add.destination(),
        null,
        add.chown(),
        add.chmod(),
        false,
        add.excludes(),
        unpack == null || unpack,
        Optional::empty);
  }

  private Planned plan(
      String name,
      StageState state,
      List<CopySource> written,
      Word destination,
      @Nullable Word from,
      @Nullable Word chown,
      @Nullable Word chmod,
      boolean parents,
      List<Word> excludes,
      boolean unpack,
      Supplier<Optional<Stage>> earlier) {
    List<Op.Source> sources = new ArrayList<>();
    StringBuilder history = new StringBuilder(name);
    String owner = optional(chown, state);
    String mode = optional(chmod, state);
    flags(history, parents, owner, mode);
    StringBuilder heredocs = new StringBuilder();
    boolean needsTree = false;
    for (CopySource source : written) {
      switch (source) {
        case CopySource.Path path -> {
          String text = expand(path.path(), state);
          refuseRemote(name, path.path(), text);
          sources.add(new Op.Source.Pattern(text));
          history.append(' ').append(text);
          needsTree = true;
        }
        case CopySource.Inline inline -> {
          Heredoc heredoc = inline.heredoc();
          String data = WordExpander.expand(heredoc, state.scope).text();
          sources.add(new Op.Source.Inline(heredoc.name(), SourceText.encode(data)));
          heredocs.append(" <<").append(heredoc.name());
        }
      }
    }
    String target = expand(destination, state);
    history.append(heredocs).append(' ').append(target);
    Op.Copy op =
        new Op.Copy(
            sources,
            ContainerPath.destination(state.workingDirectory(), target),
            owner,
            mode,
            parents,
            excludes.stream().map(Word::text).toList(),
            unpack);
    List<Vertex> inputs =
        !needsTree
            ? List.of()
            : List.of(
                from == null ? planner.context("context") : planner.copySource(from, earlier));
    return new Planned(op, inputs, history.toString());
  }

  /** BuildKit shows these flags and no others. */
  private static void flags(
      StringBuilder history, boolean parents, @Nullable String owner, @Nullable String mode) {
    if (parents) {
      history.append(" --parents");
    }
    if (owner != null) {
      history.append(" --chown=").append(owner);
    }
    if (mode != null) {
      history.append(" --chmod=").append(mode);
    }
  }

  private void refuseRemote(String name, Word word, String text) {
    boolean url = text.startsWith("http://") || text.startsWith("https://");
    boolean git = text.startsWith("git@") || text.startsWith("git://") || text.startsWith("ssh://");
    if ((url || git) && name.equals("ADD")) {
      throw diagnostics.unsupported(word.span(), "ADD of " + (url ? "a URL" : "a git repository"));
    }
    if (url || git) {
      throw diagnostics.error(
          word.span(), "COPY takes files of the context only", "use ADD for \"" + text + "\"");
    }
  }

  private @Nullable String optional(@Nullable Word word, StageState state) {
    return word == null ? null : expand(word, state);
  }

  private String expand(Word word, StageState state) {
    return expander.expand(word, state.scope).text();
  }
}
