import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Checks the module graph; run by the root pom in the validate phase as {@code java build/ModuleRules.java ROOT}.
 *
 * <ul>
 *   <li>Every module names its rank (property {@code epona.rank}) and depends, in any scope, on modules of lower rank
 *       only.
 *   <li>A module of the core (property {@code epona.core}) has no external dependency outside test scope, except what
 *       the whole core may use and what its property {@code epona.core.libraries} names.
 * </ul>
 *
 * Reads the poms alone, so it needs no resolution and no plugin of its own. Prints every violation, then ends with 1.
 */
public final class ModuleRules {
    private static final String OWN_GROUP = "io.epona";

    /** What every core module may use: group, or group:artifact. */
    private static final Set<String> CORE_LIBRARIES = Set.of(
            "org.agrona:agrona",
            "io.aeron",
            "uk.co.real-logic:sbe-tool",
            "org.jctools:jctools-core-jdk11",
            "net.openhft:affinity",
            "org.hdrhistogram:HdrHistogram");

    private record Dependency(String group, String artifact, String scope) {
        String name() {
            return group + ":" + artifact;
        }
    }

    private record Module(
            String artifact,
            Path pom,
            String rank,
            boolean core,
            Set<String> libraries,
            List<Dependency> dependencies) {}

    private final List<String> violations = new ArrayList<>();

    public static void main(final String[] args) throws Exception {
        final Path root = Path.of(args.length > 0 ? args[0] : ".");
        final ModuleRules rules = new ModuleRules();
        rules.check(root);
        if (!rules.violations.isEmpty()) {
            System.err.println("Module rules broken (docs/architecture.md, section on modules):");
            rules.violations.forEach(violation -> System.err.println("  " + violation));
            System.exit(1);
        }
    }

    private void check(final Path root) throws Exception {
        final Map<String, Module> modules = new LinkedHashMap<>();
        for (final Element module : children(child(parse(root.resolve("pom.xml")), "modules"), "module")) {
            final Module read =
                    read(root.resolve(module.getTextContent().strip()).resolve("pom.xml"));
            modules.put(read.artifact(), read);
        }
        for (final Module module : modules.values()) {
            checkRanks(module, modules);
            if (module.core()) {
                checkCore(module);
            }
        }
    }

    private void checkRanks(final Module module, final Map<String, Module> modules) {
        if (module.rank() == null) {
            violations.add(module.pom() + ": has no property epona.rank");
            return;
        }
        for (final Dependency dependency : module.dependencies()) {
            if (!dependency.group().equals(OWN_GROUP) && !dependency.group().equals("${project.groupId}")) {
                continue;
            }
            final Module used = modules.get(dependency.artifact());
            if (used == null) {
                violations.add(module.pom() + ": " + dependency.name() + " is no module of the root pom");
            } else if (used.rank() != null && Integer.parseInt(used.rank()) >= Integer.parseInt(module.rank())) {
                violations.add(module.pom() + ": rank " + module.rank() + " may not depend on " + used.artifact()
                        + " of rank " + used.rank());
            }
        }
    }

    private void checkCore(final Module module) {
        for (final Dependency dependency : module.dependencies()) {
            final boolean allowed = dependency.scope().equals("test")
                    || dependency.group().equals(OWN_GROUP)
                    || CORE_LIBRARIES.contains(dependency.group())
                    || CORE_LIBRARIES.contains(dependency.name())
                    || module.libraries().contains(dependency.name());
            if (!allowed) {
                violations.add(module.pom() + ": the core may not use " + dependency.name());
            }
        }
    }

    private static Module read(final Path pom) throws Exception {
        final Element project = parse(pom);
        final Element properties = child(project, "properties");
        final List<Dependency> dependencies = new ArrayList<>();
        for (final Element dependency : children(child(project, "dependencies"), "dependency")) {
            final String scope = text(dependency, "scope");
            dependencies.add(new Dependency(
                    text(dependency, "groupId"), text(dependency, "artifactId"), scope == null ? "compile" : scope));
        }
        final String libraries = text(properties, "epona.core.libraries");
        return new Module(
                text(project, "artifactId"),
                pom,
                text(properties, "epona.rank"),
                Boolean.parseBoolean(text(properties, "epona.core")),
                libraries == null ? Set.of() : Set.of(libraries.split("[\\s,]+")),
                dependencies);
    }

    private static Element parse(final Path pom) throws Exception {
        try (var input = Files.newInputStream(pom)) {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(input)
                    .getDocumentElement();
        }
    }

    private static Element child(final Element parent, final String name) {
        final List<Element> found = children(parent, name);
        return found.isEmpty() ? null : found.getFirst();
    }

    private static String text(final Element parent, final String name) {
        final Element found = child(parent, name);
        return found == null ? null : found.getTextContent().strip();
    }

    private static List<Element> children(final Element parent, final String name) {
        final List<Element> found = new ArrayList<>();
        if (parent != null) {
            for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
                if (node instanceof Element element && element.getTagName().equals(name)) {
                    found.add(element);
                }
            }
        }
        return found;
    }
}
