/** Fakes of this module's seams for the tests and simulators of every module above. */
package io.epona.runtime.testing;
