package io.epona.runtime.config;

import com.typesafe.config.ConfigUtil;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * An effective configuration: a value for every key of its schema, and where each came from. Immutable.
 *
 * <p>Precedence, lowest first: the defaults of the profile, the file, the command line in its order.
 */
public final class EponaConfig {
    private final ConfigSchema schema;
    private final Profile profile;
    private final Map<String, Setting<?>> settings;

    /**
     * A valid value.
     *
     * @param value of the key's type
     * @param origin where it was given
     */
    record Setting<T>(T value, String origin) {}

    EponaConfig(final ConfigSchema schema, final Profile profile, final Map<String, Setting<?>> settings) {
        this.schema = schema;
        this.profile = profile;
        this.settings = settings;
    }

    /**
     * Loads and checks.
     *
     * @param schema of the keys
     * @param file HOCON ({@code .conf}), JSON or properties, by its ending
     * @param overrides from the command line; a later one goes over an earlier one
     * @throws ConfigException with all problems, when there are any
     */
    public static EponaConfig load(
            final ConfigSchema schema, final Optional<Path> file, final List<ConfigOverride> overrides) {
        return ConfigLoader.load(schema, file, overrides);
    }

    /** The value of a key. */
    @SuppressWarnings("unchecked") // the loader puts a key's value in only after the key's own type has read it
    public <T> T get(final ConfigKey<T> key) {
        return (T) setting(key).value();
    }

    /** Where the value of a key was given: file and line, option of the command line, or the profile's default. */
    public String origin(final ConfigKey<?> key) {
        return setting(key).origin();
    }

    private Setting<?> setting(final ConfigKey<?> key) {
        final Setting<?> setting = settings.get(key.name());
        if (null == setting || schema.key(key.name()) != key) {
            throw new IllegalArgumentException("key is not of this configuration's schema: name=" + key.name());
        }
        return setting;
    }

    /** Profile whose defaults hold. */
    public Profile profile() {
        return profile;
    }

    /** The schema that it was loaded with. */
    public ConfigSchema schema() {
        return schema;
    }

    /**
     * The effective configuration as HOCON, each value with its meaning, what may be given and where it came from as
     * comments. It can be loaded again, from a file that ends in {@code .conf}, and is then the same.
     */
    public String render() {
        final StringBuilder text = new StringBuilder("# Effective configuration, profile ")
                .append(profile.name().toLowerCase(Locale.ROOT))
                .append('\n');
        schema.keys().forEach(key -> render(key, text));
        return text.toString();
    }

    private <T> void render(final ConfigKey<T> key, final StringBuilder text) {
        text.append('\n');
        comment(key.doc(), text);
        final String shownDefault = key.defaultValue(profile)
                .map(value -> key.type().toHocon(value).replaceAll("\\s*\n\\s*", " "))
                .orElse("none, must be set");
        comment("(" + key.description() + "; default " + shownDefault + "; from " + origin(key) + ')', text);
        text.append(hoconPath(key.name()))
                .append(" = ")
                .append(key.type().toHocon(get(key)))
                .append('\n');
    }

    private static String hoconPath(final String name) {
        return ConfigUtil.joinPath(name.split("\\."));
    }

    private static void comment(final String paragraph, final StringBuilder text) {
        final int width = 110;
        String rest = paragraph.replace('\n', ' ');
        while (rest.length() > width) {
            final int space = rest.lastIndexOf(' ', width);
            final int end = space <= 0 ? width : space;
            text.append("# ").append(rest, 0, end).append('\n');
            rest = rest.substring(end).stripLeading();
        }
        text.append("# ").append(rest).append('\n');
    }
}
