package io.epona.runtime.config;

import io.epona.runtime.config.EponaConfig.Setting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Makes an effective configuration out of defaults, a file and the command line, collecting every problem on the way.
 */
final class ConfigLoader {
    private static final Pattern LINE = Pattern.compile("^(?!--).*:(\\d{1,9})$");

    private final ConfigSchema schema;
    private final List<ConfigProblem> problems = new ArrayList<>();
    private final Map<String, SequencedMap<String, RawSetting>> given = new LinkedHashMap<>();
    private final Map<String, Setting<?>> settings = new LinkedHashMap<>();

    private ConfigLoader(final ConfigSchema schema) {
        this.schema = schema;
    }

    static EponaConfig load(
            final ConfigSchema schema, final Optional<Path> file, final List<ConfigOverride> overrides) {
        final ConfigLoader loader = new ConfigLoader(schema);
        file.ifPresent(path -> ConfigFileReader.read(path, loader.problems).forEach(loader::give));
        overrides.forEach(loader::override);
        final EponaConfig config = loader.settle();
        if (!loader.problems.isEmpty()) {
            loader.problems.sort(Comparator.comparingInt(ConfigLoader::place));
            throw new ConfigException(loader.problems);
        }
        return config;
    }

    /** Problems of the file come first, in the order of its lines, then the command line's, then what is nowhere. */
    private static int place(final ConfigProblem problem) {
        final Matcher line = LINE.matcher(problem.origin());
        if (line.find()) {
            return Integer.parseInt(line.group(1));
        }
        return problem.origin().isEmpty() ? Integer.MAX_VALUE : Integer.MAX_VALUE - 1;
    }

    private void override(final ConfigOverride override) {
        if (null == override.value()) {
            problem(override.origin(), "has no value", "give key=value");
        } else {
            give(new RawSetting(override.key(), override.value(), override.origin()));
        }
    }

    /** Takes one raw setting; a later one goes over an earlier one of the same path. */
    private void give(final RawSetting raw) {
        final ConfigKey<?> exact = schema.key(raw.key());
        final ConfigKey<?> key = null == exact ? schema.mapKeyOf(raw.key()) : exact;
        if (null == key) {
            problem(raw.origin(), "unknown key " + raw.key(), schema.remedyForUnknown(raw.key()));
        } else {
            given.computeIfAbsent(key.name(), name -> new LinkedHashMap<>()).put(raw.key(), raw);
        }
    }

    private EponaConfig settle() {
        settle(ConfigSchema.PROFILE, Profile.SHARED);
        final Setting<?> chosen = settings.get(ConfigSchema.PROFILE.name());
        final Profile profile = null == chosen ? Profile.SHARED : (Profile) chosen.value();
        for (final ConfigKey<?> key : schema.keys()) {
            if (key != ConfigSchema.PROFILE) {
                settle(key, profile);
            }
        }
        final EponaConfig config = new EponaConfig(schema, profile, settings);
        for (final ConfigSchema.Check check : schema.checks()) {
            if (check.keys().stream().allMatch(key -> settings.containsKey(key.name()))) {
                check.crossCheck().check(config, this::complain);
            }
        }
        return config;
    }

    private void complain(final ConfigKey<?> key, final String what, final String remedy) {
        problem(settings.get(key.name()).origin(), key.name() + ": " + what, remedy);
    }

    private <T> void settle(final ConfigKey<T> key, final Profile profile) {
        final SequencedMap<String, RawSetting> raws = given.get(key.name());
        if (null != raws) {
            settleGiven(key, profile, raws);
            return;
        }
        final Optional<T> value = key.defaultValue(profile);
        if (value.isPresent()) {
            settings.put(key.name(), new Setting<>(value.get(), "default"));
        } else {
            problem("", key.name() + " is not set", "give " + key.description() + ": " + key.doc());
        }
    }

    private <T> void settleGiven(
            final ConfigKey<T> key, final Profile profile, final SequencedMap<String, RawSetting> raws) {
        final Set<String> origins =
                raws.values().stream().map(RawSetting::origin).collect(Collectors.toCollection(LinkedHashSet::new));
        final String origin = String.join(", ", origins);
        final Object raw = key.type().isMap()
                ? section(key, profile, raws)
                : raws.lastEntry().getValue().value();
        try {
            final T value = key.type().read(raw);
            for (final ConfigRule<T> rule : key.rules()) {
                if (!rule.predicate().test(value)) {
                    problem(origin, key.name() + ": " + shown(raw) + " is not allowed", "give " + rule.description());
                    return;
                }
            }
            settings.put(key.name(), new Setting<>(value, origin));
        } catch (final IllegalArgumentException ex) {
            problem(origin, key.name() + ": " + shown(raw) + ' ' + ex.getMessage(), "give " + key.description());
        }
    }

    /** The default's entries with the given ones over them; or the raw value when the section itself was given one. */
    private static <T> Object section(
            final ConfigKey<T> key, final Profile profile, final SequencedMap<String, RawSetting> raws) {
        final Map<String, Object> entries = new LinkedHashMap<>();
        if (key.defaultValue(profile).orElse(null) instanceof final Map<?, ?> defaults) {
            defaults.forEach((name, value) -> entries.put(name.toString(), value));
        }
        for (final RawSetting raw : raws.values()) {
            if (raw.key().equals(key.name())) {
                return raw.value();
            }
            entries.put(raw.key().substring(key.name().length() + 1), raw.value());
        }
        return entries;
    }

    private static String shown(final Object raw) {
        return raw instanceof String ? "\"" + raw + '"' : raw.toString();
    }

    private void problem(final String origin, final String what, final String remedy) {
        problems.add(new ConfigProblem(origin, what, remedy));
    }
}
