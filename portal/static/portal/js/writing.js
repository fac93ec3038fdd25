/* What Wagtail's editor lacks: no day is guessed. */
"use strict";

// Wagtail's calendar would replace a day it cannot read by today's: what is typed stays, and the server answers.
jQuery.fn.datetimepicker.defaults.validateOnBlur = false;
