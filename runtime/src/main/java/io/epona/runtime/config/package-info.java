/**
 * Configuration: a schema of typed, documented keys with a default per profile, and a loader that takes HOCON or
 * properties files and {@code --set key=value}, refuses unknown keys, and lists every problem at once. The keys of a
 * node are declared where the node is assembled; this package knows none but the profile.
 */
package io.epona.runtime.config;
