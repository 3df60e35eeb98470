// Later versions mark functions that earlier ones need as deprecated, which would be errors here.
#define XML_DEPRECATED

#include <iconv.h>
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
