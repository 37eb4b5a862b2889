package dev.jbuild.engine.graph;

import dev.jbuild.engine.image.BaseImage;
import dev.jbuild.engine.source.GitReference;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Platform;
import dev.jbuild.sandbox.NetworkMode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An operation: immutable, all variables expanded, ready to be keyed and executed.
 *
 * <p>Two kinds of results flow along the graph: a stack of layers (image, scratch, run, copy,
 * make-directory) and a tree of plain files (context).
 */
public sealed interface Op {

  /** The layers of an image. No inputs. */
  record Image(BaseImage image) implements Op {}

  /** No layers. No inputs. */
  record Scratch() implements Op {}

  /**
   * The files of a build context. No inputs.
   *
   * @param name {@code context} for the main one, else the name of {@code --build-context}
   */
  record Context(String name) implements Op {}

  /**
   * Files behind URLs, each in a directory named by its place in the list. No inputs.
   *
   * @param urls http or https
   * @param checksum what the only file must have, or null
   */
  record Http(List<String> urls, @Nullable Digest checksum) implements Op {
    public Http {
      urls = List.copyOf(urls);
    }

    /** Names the tree among a build's contexts; no name of a {@code --build-context} is like it. */
    public String contextName() {
      return "url " + checksum + " " + String.join(" ", urls);
    }
  }

  /**
   * The files of git repositories, each in a directory named by its place in the list. No inputs.
   */
  record Git(List<GitReference> repositories) implements Op {
    public Git {
      repositories = List.copyOf(repositories);
    }

    /** Names the tree among a build's contexts; no name of a {@code --build-context} is like it. */
    public String contextName() {
      return "git " + repositories;
    }
  }

  /**
   * Runs a process. Inputs: the root file system, then those the mounts name by index.
   *
   * @param argv never empty
   * @param script an executable file to be put at {@code /dev/pipes/<name>} for the run, if any
   * @param env {@code NAME=value}, in order, as the process sees it
   * @param proxyEnv variables that the process sees but that are in no cache key
   * @param cwd absolute
   * @param user as USER has it; empty is root
   * @param mounts outer ones first
   */
  record Run(
      List<String> argv,
      @Nullable Script script,
      List<String> env,
      List<String> proxyEnv,
      String cwd,
      String user,
      NetworkMode network,
      boolean insecure,
      List<Mount> mounts,
      Platform platform)
      implements Op {
    public Run {
      mounts = List.copyOf(mounts);
      argv = List.copyOf(argv);
      env = List.copyOf(env);
      proxyEnv = List.copyOf(proxyEnv);
    }

    public Optional<Script> scriptFile() {
      return Optional.ofNullable(script);
    }
  }

  /**
   * Puts the layers of the second input on top of those of the first, as {@code --link} does: what
   * made the second knows nothing of the first.
   */
  record Merge() implements Op {}

  /** A heredoc that is a program of its own. */
  record Script(String name, String content) {}

  /**
   * Copies files into a root file system. Inputs: the root file system, then the tree the sources
   * are in, unless every source is inline.
   *
   * @param sources in order; later ones overwrite earlier ones
   * @param destination absolute; a trailing slash makes it a directory
   * @param chown as written after expansion, or null
   * @param chmod as written after expansion, or null
   * @param excludes patterns below each source, as in a .dockerignore
   * @param unpack whether local archives are unpacked, as ADD does
   */
  record Copy(
      List<Source> sources,
      String destination,
      @Nullable String chown,
      @Nullable String chmod,
      boolean parents,
      List<String> excludes,
      boolean unpack)
      implements Op {
    public Copy {
      sources = List.copyOf(sources);
      excludes = List.copyOf(excludes);
    }

    public Optional<String> owner() {
      return Optional.ofNullable(chown);
    }

    public Optional<String> mode() {
      return Optional.ofNullable(chmod);
    }
  }

  /** What a COPY takes. */
  sealed interface Source {
    /** A path or wildcard pattern below the source tree's root; never escapes it. */
    record Pattern(String text) implements Source {}

    /** A file written in the Dockerfile. The bytes are the record's own. */
    record Inline(String name, byte[] content) implements Source {}
  }

  /**
   * Makes a directory and its missing parents, mode 0755. Input: the root file system.
   *
   * @param path absolute
   * @param user who owns what is made, as USER has it
   */
  record MakeDirectory(String path, String user) implements Op {}
}
