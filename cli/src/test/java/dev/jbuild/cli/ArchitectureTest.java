package dev.jbuild.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between modules (docs/architecture.md): each may use only what stands above it. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.jbuild");

  record Module(String name, List<String> packages, List<String> uses) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String FAILURE = "dev.jbuild.failure..";
  private static final String LINUX = "dev.jbuild.linux..";
  private static final String PARSER = "dev.jbuild.dockerfile..";
  private static final String GRAMMAR = "dev.jbuild.grammar..";
  private static final String REGISTRY = "dev.jbuild.registry..";
  private static final String SANDBOX = "dev.jbuild.sandbox..";
  private static final String ENGINE = "dev.jbuild.engine..";
  private static final String SERVER = "dev.jbuild.server..";
  private static final String CLI = "dev.jbuild.cli..";
  private static final List<String> STORE =
      List.of(
          "dev.jbuild.oci..",
          "dev.jbuild.layer..",
          "dev.jbuild.store..",
          "dev.jbuild.snapshot..",
          "dev.jbuild.image..");

  private static List<String> join(Object... parts) {
    List<String> all = new ArrayList<>();
    for (Object part : parts) {
      if (part instanceof List<?> list) {
        list.forEach(each -> all.add(String.valueOf(each)));
      } else {
        all.add(String.valueOf(part));
      }
    }
    return all;
  }

  static Stream<Module> modules() {
    return Stream.of(
        new Module("failure", List.of(FAILURE), List.of()),
        new Module("grammar", List.of(GRAMMAR), List.of()),
        new Module("dockerfile-parser", List.of(PARSER), List.of(GRAMMAR)),
        new Module("linux", List.of(LINUX), List.of(FAILURE)),
        new Module("layer-store", STORE, List.of(FAILURE, LINUX)),
        new Module("registry-client", List.of(REGISTRY), join(FAILURE, STORE)),
        new Module("sandbox", List.of(SANDBOX), join(FAILURE, LINUX, STORE)),
        new Module(
            "build-engine",
            List.of(ENGINE),
            join(FAILURE, LINUX, PARSER, STORE, REGISTRY, SANDBOX)),
        new Module(
            "server",
            List.of(SERVER),
            join(FAILURE, LINUX, PARSER, STORE, REGISTRY, SANDBOX, ENGINE)),
        new Module(
            "cli",
            List.of(CLI),
            join(FAILURE, LINUX, PARSER, STORE, REGISTRY, SANDBOX, ENGINE, SERVER)));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void usesOnlyWhatStandsAbove(Module module) {
    List<String> forbidden =
        modules()
            .flatMap(other -> other.packages().stream())
            .filter(other -> !module.packages().contains(other) && !module.uses().contains(other))
            .toList();

    noClasses()
        .that()
        .resideInAnyPackage(module.packages().toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden.toArray(String[]::new))
        .check(CLASSES);
  }

  @Test
  void modulesHaveNoCycles() {
    slices()
        .matching("dev.jbuild.(*)..")
        .should()
        .beFreeOfCycles()
        .check(
            CLASSES.that(
                com.tngtech.archunit.base.DescribedPredicate.describe(
                    "outside the layer store, whose packages are one module",
                    type ->
                        STORE.stream()
                            .noneMatch(name ->
                                type.getPackageName().startsWith(name.replace("..", ""))))));
  }

  @Test
  void vertxStaysInTheServer() {
    noClasses()
        .that()
        .resideOutsideOfPackage(SERVER)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.vertx..")
        .check(CLASSES);
  }

  @Test
  void theParserTouchesNoFileAndNoNetwork() {
    noClasses()
        .that()
        .resideInAPackage(PARSER)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.net..", "java.nio.channels..")
        .check(CLASSES);
  }

  @Test
  void packagesOfImplementationStayInTheirModule() {
    noClasses().should().resideInAnyPackage("..impl..", "..util..", "..common..").check(CLASSES);
  }
}
