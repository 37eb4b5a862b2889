package dev.jbuild.dockerfile.lint;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The lint rules. Those of BuildKit have the names and links they have there. */
public enum Rule {
  STAGE_NAME_CASING("StageNameCasing", Group.STANDARD, "stage names are in lower case"),
  FROM_AS_CASING("FromAsCasing", Group.STANDARD, "AS is in the same case as FROM"),
  NO_EMPTY_CONTINUATION(
      "NoEmptyContinuation", Group.STANDARD, "no blank lines within a continued line"),
  CONSISTENT_INSTRUCTION_CASING(
      "ConsistentInstructionCasing", Group.STANDARD, "instructions are all in the same case"),
  DUPLICATE_STAGE_NAME("DuplicateStageName", Group.STANDARD, "stage names are unique"),
  RESERVED_STAGE_NAME("ReservedStageName", Group.STANDARD, "no stage has a reserved name"),
  JSON_ARGS_RECOMMENDED(
      "JSONArgsRecommended", Group.STANDARD, "CMD and ENTRYPOINT in JSON form get signals"),
  MAINTAINER_DEPRECATED(
      "MaintainerDeprecated", Group.STANDARD, "a label names the author, not MAINTAINER"),
  UNDEFINED_ARG_IN_FROM(
      "UndefinedArgInFrom", Group.STANDARD, "FROM uses declared build arguments only"),
  WORKDIR_RELATIVE_PATH(
      "WorkdirRelativePath", Group.STANDARD, "the first WORKDIR of a stage is absolute"),
  UNDEFINED_VAR("UndefinedVar", Group.STANDARD, "variables are defined before they are used"),
  MULTIPLE_INSTRUCTIONS_DISALLOWED(
      "MultipleInstructionsDisallowed",
      Group.STANDARD,
      "CMD, ENTRYPOINT and HEALTHCHECK stand once in a stage"),
  LEGACY_KEY_VALUE_FORMAT(
      "LegacyKeyValueFormat", Group.STANDARD, "ENV and LABEL are written name=value"),
  INVALID_BASE_IMAGE_PLATFORM(
      "InvalidBaseImagePlatform", Group.STANDARD, "the base image is of the platform asked for"),
  REDUNDANT_TARGET_PLATFORM(
      "RedundantTargetPlatform",
      Group.STANDARD,
      "FROM does not set the platform it has anyway, $TARGETPLATFORM"),
  SECRETS_USED_IN_ARG_OR_ENV(
      "SecretsUsedInArgOrEnv", Group.STANDARD, "no secrets in ARG and ENV, which images keep"),
  INVALID_DEFAULT_ARG_IN_FROM(
      "InvalidDefaultArgInFrom",
      Group.STANDARD,
      "defaults of global ARGs make a valid image name in FROM"),
  FROM_PLATFORM_FLAG_CONST_DISALLOWED(
      "FromPlatformFlagConstDisallowed",
      Group.STANDARD,
      "FROM does not tie a stage to one platform without saying so in its name"),
  COPY_IGNORED_FILE(
      "CopyIgnoredFile", Group.STANDARD, "COPY and ADD name no file that .dockerignore leaves out"),
  EXPOSE_PROTO_CASING(
      "ExposeProtoCasing", Group.STANDARD, "the protocol of EXPOSE is in lower case"),
  EXPOSE_INVALID_FORMAT(
      "ExposeInvalidFormat", Group.STANDARD, "EXPOSE has no address and no host port"),
  INVALID_DEFINITION_DESCRIPTION(
      "InvalidDefinitionDescription",
      Group.EXPERIMENTAL,
      "a comment directly above ARG or a named FROM describes it: # name description"),

  PACKAGE_CACHE_IN_LAYER(
      "PackageCacheInLayer", Group.EXTENDED, "RUN leaves no package caches in its layer"),
  UNPINNED_VERSION(
      "UnpinnedVersion", Group.EXTENDED, "what is built tomorrow is what was built today"),
  ADD_INSTEAD_OF_COPY(
      "AddInsteadOfCopy", Group.EXTENDED, "COPY where nothing is unpacked or downloaded"),
  SECRET_PASSED_BY_ARG(
      "SecretPassedByArg", Group.EXTENDED, "RUN gets secrets by mounts, not by ARG"),
  OVERWRITTEN_COPY(
      "OverwrittenCopy", Group.EXTENDED, "no COPY is overwritten before anything uses it");

  /** When a rule is checked. */
  public enum Group {
    /** Unless it is skipped. */
    STANDARD,
    /** When the check directive asks for it. */
    EXPERIMENTAL,
    /** With {@code --check=extended}: rules of jbuild, not of BuildKit. */
    EXTENDED
  }

  private final String id;
  private final Group group;
  private final String description;

  Rule(String id, Group group, String description) {
    this.id = id;
    this.group = group;
    this.description = description;
  }

  /** The name users write, such as {@code UndefinedVar}. */
  public String id() {
    return id;
  }

  /** When it is checked. */
  public Group group() {
    return group;
  }

  /** What the rule wants, in one line. */
  public String description() {
    return description;
  }

  /** Where the rule is explained. */
  public String link() {
    if (group == Group.EXTENDED) {
      return "docs/lint.md#" + id.toLowerCase(Locale.ROOT);
    }
    return "https://docs.docker.com/go/dockerfile/rule/"
        + name().toLowerCase(Locale.ROOT).replace('_', '-')
        + "/";
  }

  /** The rule of that name, in exact case. */
  public static Optional<Rule> of(String id) {
    return Arrays.stream(values()).filter(rule -> rule.id.equals(id)).findFirst();
  }
}
